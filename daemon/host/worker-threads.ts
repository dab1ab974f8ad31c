import { access } from 'node:fs/promises';

/**
 * Has Node start the threads that it needs for files and name look-ups. By itself it does so at the first occasion;
 * and if the user may have no more processes just then, it ends the program.
 */
export async function startWorkerThreads(): Promise<void> {
  await access('/');
}
