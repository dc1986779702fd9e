"""How is what is known of retention kept? Terms, memberships, looks at points and nights, each as a document."""

from shared.messages.kept import Kept
from shared.model.retention import Joined, NightlyLook, Terms, VmRetention

VERSIONS = Kept[tuple[Terms, ...]]("versions", "a policy's versions", tuple[Terms, ...])
MEMBERSHIPS = Kept[tuple[Joined, ...]]("memberships", "a VM's memberships", tuple[Joined, ...])
LOOK = Kept[VmRetention]("look", "a look at points", VmRetention)
NIGHT = Kept[NightlyLook]("night", "a nightly look", NightlyLook)
