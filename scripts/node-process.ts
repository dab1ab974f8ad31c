/**
 * `node:process` for the daemon's bundle: one module, where a default import of what is no ES module would make
 * an object with a getter for each property, in every file that has one. What is missing here fails the build.
 */
// biome-ignore lint/style/noDefaultExport: node:process has one.
export default globalThis.process;
export const { argv, env, execArgv, execPath, hrtime, kill, pid, ppid, umask } = globalThis.process;
