/** `supervisord --password-hash`: from a password to what stands for it in the configuration. */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { formatScrypt } from '../conf/stored-password.ts';
import { hashPassword } from './scrypt.ts';

/**
 * Reads a password, on a terminal twice and without showing it, else as the first line of stdin, and prints
 * its hash.
 *
 * @returns the exit status: 1 if there is no password, or the two differ
 */
export async function printPasswordHash(): Promise<0 | 1> {
  const lines = process.stdin.isTTY ? await askTwice() : [await firstLine()];
  const [password = '', repeated = password] = lines;
  if (password === '') return fail('no password given');
  if (repeated !== password) return fail('the passwords differ');
  process.stdout.write(`${formatScrypt(await hashPassword(Buffer.from(password)))}\n`);
  return 0;
}

function fail(reason: string): 1 {
  process.stderr.write(`Error: ${reason}\n`);
  return 1;
}

/** The prompts go to stderr, so that stdout can be sent to a file. Ctrl-C ends the input. */
async function askTwice(): Promise<readonly string[]> {
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const editor = createInterface({ input: process.stdin, output: silence, terminal: true, historySize: 0 });
  const lines = editor[Symbol.asyncIterator]();
  const answers: string[] = [];
  for (const prompt of ['Password: ', 'Again: ']) {
    process.stderr.write(prompt);
    answers.push((await lines.next()).value ?? '');
    process.stderr.write('\n');
    if (answers[0] === '') break;
  }
  editor.close();
  return answers;
}

async function firstLine(): Promise<string> {
  const reader = createInterface({ input: process.stdin, terminal: false });
  const { value } = await reader[Symbol.asyncIterator]().next();
  reader.close();
  return value ?? '';
}
