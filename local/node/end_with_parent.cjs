// Loaded before Azurite: ends it when stdin ends, because a parent that was killed cannot send a signal.
// Without unref the open stdin would keep Azurite from ending by itself after a signal.
process.stdin.on("end", () => process.exit(0)).resume().unref();
