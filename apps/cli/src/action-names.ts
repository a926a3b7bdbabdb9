/**
 * The actions that are commands of their own. Written down here, and held to the kinds of `@cloudlink/core` by a test: a kind declares its
 * actions in code, and help and completion would have to load all of that, or ask a server, for every command line. Any other action
 * that a server's kinds have is there by `cloudlink act <action>`.
 */
export const namedActions: readonly { readonly name: string; readonly description: string }[] = [
  { name: "start", description: "starts a stopped machine" },
  { name: "stop", description: "stops a running machine and keeps its disks" },
  { name: "reboot", description: "restarts the machine's operating system" },
];
