"""What does this app do, on one screen? One line for each trigger module."""

import azure.functions as func

from functions import backup_windows, job_failures, on_demand, protection, restores, retention, review

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(backup_windows.bp)
app.register_functions(job_failures.bp)
app.register_functions(on_demand.bp)
app.register_functions(protection.bp)
app.register_functions(restores.bp)
app.register_functions(retention.bp)
app.register_functions(review.bp)
