/**
 * The shell leaves a process beside the program that reads the standard input to its end, and kills the whole group then; itself
 * it becomes the program, whose process id is therefore the one of what was started.
 */
const LEASH = 'exec 3<&0; { read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 & exec "$@" </dev/null 3<&-';

/**
 * The command of a server that does not read its standard input, made such that it ends when its standard input does. It has to
 * lead a process group of its own, as what `startServer` starts does.
 */
export function onLeash(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return ["/bin/sh", "-c", LEASH, "sh", ...command];
}
