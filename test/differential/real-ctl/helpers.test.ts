/** Programs that use supervisor's Python library to talk to the daemon they run under. */
import { waitFor } from '../../support/wait-for.ts';
import { compareDaemons } from '../steps/compare-daemons.ts';
import { waitForState } from '../steps/process-info.ts';
import { program, programSection } from '../steps/programs.ts';

compareDaemons('supervisor.childutils in a child', {
  configuration: [
    programSection('asks', `command=${program('asks-its-daemon')}`, 'startsecs=0'),
    programSection('other', 'command=/bin/cat', 'startsecs=0', 'priority=1'),
  ].join(''),
  steps: [
    { name: 'the other program is up', run: (daemon) => waitForState(daemon, 'asks', 'RUNNING') },
    {
      name: 'what it is answered',
      async run(daemon) {
        let text = '';
        await waitFor(
          async () => {
            text = String(await daemon.rpc('supervisor.readProcessLog', 'asks', 0, 0));
            return text.includes('\n');
          },
          { what: 'the answers' },
        );
        return JSON.parse(text);
      },
    },
    {
      name: 'no complaint of the program',
      run: (daemon) => daemon.rpc('supervisor.readProcessStderrLog', 'asks', 0, 0),
    },
    { name: 'it has stopped the other', run: (daemon) => waitForState(daemon, 'other', 'STOPPED') },
  ],
});
