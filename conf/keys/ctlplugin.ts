import { string } from '../values.ts';
import type { KeyTable } from './key.ts';

/** Keys of `[ctlplugin:x]`. */
export const ctlpluginKeys = {
  'supervisor.ctl_factory': {
    read: string,
    default: undefined,
    absent: 'required',
    sample: 'package.module:make_plugin',
    doc: 'A Python factory. supervisorctl refuses it, since it cannot run Python; supervisord passes over the section.',
  },
} satisfies KeyTable;
