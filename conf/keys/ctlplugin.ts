import { string } from '../values.ts';
import type { KeyTable } from './key.ts';

/** Keys of `[ctlplugin:x]`. */
export const ctlpluginKeys = {
  'supervisor.ctl_factory': {
    read: string,
    default: undefined,
    absent: 'required',
    sample: './plugin.mjs:make_plugin',
    doc: 'A module, as a path from the directory of this file or the name of a package, and after a colon the function in it that makes the plug-in. Of factories in Python, only those of some well-known plug-ins work.',
  },
} satisfies KeyTable;
