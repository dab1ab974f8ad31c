import { string } from '../values.ts';
import type { KeyTable } from './key.ts';

/** Keys of `[supervisorctl]`. */
export const supervisorctlKeys = {
  serverurl: {
    read: string,
    default: 'http://localhost:9001',
    sample: 'unix:///tmp/supervisor.sock',
    doc: 'Where supervisord listens: `http://host:port` or `unix:///path`.',
  },
  username: { read: string, default: undefined, sample: 'user', doc: 'User name for the server.' },
  password: {
    read: string,
    default: undefined,
    sample: '123',
    secret: true,
    doc: 'Password for the server, as plain text.',
  },
  password_file: {
    read: string,
    default: undefined,
    sample: 'supervisorctl.password',
    doc: 'File whose first line is the password, as plain text, in place of `password`. A relative path starts at the directory of the configuration file.',
  },
  prompt: { read: string, default: 'supervisor', doc: 'Prompt of the interactive shell, in front of `> `.' },
  history_file: {
    read: string,
    default: undefined,
    sample: '~/.sc_history',
    doc: 'File that keeps the history of the interactive shell.',
  },
} satisfies KeyTable;
