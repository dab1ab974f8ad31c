import { describe } from '@jest/globals';
import { info, result, testCases } from '../command-case.ts';
import { type Answer, Fault } from '../fake-server.ts';

const reload = 'supervisor.reloadConfig';
const changes = (added: string[], changed: string[], removed: string[]): Record<string, Answer> => ({
  [reload]: [[added, changed, removed]],
});
const accepting = {
  'supervisor.addProcessGroup': true,
  'supervisor.removeProcessGroup': true,
  'supervisor.stopProcessGroup': [],
};

describe('reread', () => {
  testCases([
    {
      it: 'tells that nothing changed',
      line: 'reread',
      answers: changes([], [], []),
      stdout: 'No config updates to processes\n',
    },
    {
      it: 'tells the changes by name',
      line: 'reread',
      answers: changes(['z', 'b'], ['c'], ['a']),
      stdout: 'a: disappeared\nb: available\nc: changed\nz: available\n',
    },
    {
      it: 'tells what is wrong with the configuration',
      line: 'reread',
      answers: { [reload]: new Fault('CANT_REREAD', 'bad [program:x]') },
      stdout: 'ERROR: CANT_REREAD: bad [program:x]\n',
      exitStatus: 1,
    },
    {
      it: 'tells that the server is shutting down',
      line: 'reread',
      answers: { [reload]: new Fault('SHUTDOWN_STATE') },
      stdout: 'ERROR: supervisor shutting down\n',
      exitStatus: 1,
    },
    {
      it: 'takes no arguments',
      line: 'reread x',
      stdout:
        "Error: reread accepts no arguments\nreread \t\t\tReload the daemon's configuration files without add/remove\n",
      exitStatus: 1,
      calls: [],
    },
  ]);
});

describe('update', () => {
  const all = {
    ...accepting,
    ...changes(['new'], ['chg'], ['old']),
    'supervisor.getAllProcessInfo': [info('old', 'old'), info('chg', 'chg')],
  };
  testCases([
    {
      it: 'says nothing when there is nothing to do',
      line: 'update',
      answers: changes([], [], []),
      stdout: '',
    },
    {
      it: 'removes, replaces and adds groups, in that order',
      line: 'update',
      answers: { ...all, 'monitor.updateProcessGroup': [result('chg', 'chg')] },
      stdout:
        'old: stopped\nold: removed process group\n' +
        'chg: stopped\nchg: updated process group\n' +
        'new: added process group\n',
      calls: [
        `${reload}()`,
        'supervisor.stopProcessGroup(old)',
        'supervisor.removeProcessGroup(old)',
        'monitor.updateProcessGroup(chg)',
        'supervisor.addProcessGroup(new)',
      ],
    },
    {
      it: 'does not say that it has stopped what nobody had to leave',
      line: 'update',
      answers: { ...changes([], ['chg'], []), 'monitor.updateProcessGroup': [] },
      stdout: 'chg: updated process group\n',
    },
    {
      it: 'replaces whole groups where the server cannot replace single processes',
      line: 'update',
      answers: all,
      stdout:
        'old: stopped\nold: removed process group\n' +
        'chg: stopped\nchg: updated process group\n' +
        'new: added process group\n',
      calls: [
        `${reload}()`,
        'supervisor.stopProcessGroup(old)',
        'supervisor.removeProcessGroup(old)',
        'monitor.updateProcessGroup(chg)',
        'supervisor.stopProcessGroup(chg)',
        'supervisor.removeProcessGroup(chg)',
        'supervisor.addProcessGroup(chg)',
        'supervisor.addProcessGroup(new)',
      ],
    },
    {
      it: 'touches only the groups named',
      line: 'update new nosuch',
      answers: all,
      stdout: 'ERROR: no such group: nosuch\nnew: added process group\n',
      exitStatus: 1,
    },
    {
      it: 'takes the word all for every group',
      line: 'update all nosuch',
      answers: changes([], [], []),
      stdout: '',
    },
    {
      it: 'tells which processes of a changed group could not be stopped, and goes on with other groups',
      line: 'update',
      answers: {
        ...accepting,
        ...changes(['new'], ['chg'], []),
        'monitor.updateProcessGroup': [result('chg', 'a'), result('chg', 'b', 30, 'cannot kill b: EPERM')],
      },
      stdout:
        'chg: stopped\ncannot kill b: EPERM\nchg: has problems; not updated completely\n' +
        'new: added process group\n',
      exitStatus: 1,
    },
    {
      it: 'tells that the new processes of a group cannot be set up',
      line: 'update',
      answers: { ...changes([], ['chg'], []), 'monitor.updateProcessGroup': new Fault('FAILED', 'EACCES') },
      stdout: "error: <Fault 30: 'FAILED: EACCES'>\n",
      exitStatus: 1,
    },
    {
      it: 'does not remove a group that cannot be stopped',
      line: 'update',
      answers: {
        ...accepting,
        ...changes([], [], ['old']),
        'supervisor.stopProcessGroup': [result('old', 'old', 30, 'FAILED: x')],
      },
      stdout: 'old: stopped\nold: has problems; not removing\n',
      exitStatus: 1,
    },
    {
      it: 'goes on with the other groups when a process of one that has gone is started meanwhile',
      line: 'update',
      answers: {
        ...accepting,
        ...changes(['new'], [], ['old']),
        'supervisor.removeProcessGroup': new Fault('STILL_RUNNING', 'old'),
      },
      stdout: 'old: stopped\nold: has problems; not removing\nnew: added process group\n',
      exitStatus: 1,
    },
    {
      it: 'tells what is wrong with the configuration, as reread does',
      line: 'update',
      answers: { [reload]: new Fault('CANT_REREAD', 'bad') },
      stdout: 'ERROR: CANT_REREAD: bad\n',
      exitStatus: 1,
    },
    {
      it: 'tells that the server is shutting down',
      line: 'update',
      answers: { [reload]: new Fault('SHUTDOWN_STATE') },
      stdout: 'ERROR: already shutting down\n',
      exitStatus: 1,
    },
  ]);
});

describe('add', () => {
  const add = 'supervisor.addProcessGroup';
  testCases([
    {
      it: 'activates groups',
      line: 'add a b',
      answers: { [add]: true },
      stdout: 'a: added process group\nb: added process group\n',
    },
    {
      it: 'counts an active group as success',
      line: 'add a',
      answers: { [add]: new Fault('ALREADY_ADDED', 'a') },
      stdout: 'ERROR: process group already active\n',
    },
    {
      it: 'tells unknown names, and goes on',
      line: 'add x b',
      answers: { [add]: true, [`${add}(x)`]: new Fault('BAD_NAME', 'x') },
      stdout: 'ERROR: no such process/group: x\nb: added process group\n',
      exitStatus: 1,
    },
    {
      it: 'tells that the server is shutting down',
      line: 'add a',
      answers: { [add]: new Fault('SHUTDOWN_STATE') },
      stdout: 'ERROR: shutting down\n',
      exitStatus: 1,
    },
    { it: 'does nothing without names', line: 'add', stdout: '', calls: [] },
  ]);
});

describe('remove', () => {
  const remove = 'supervisor.removeProcessGroup';
  testCases([
    {
      it: 'deactivates groups',
      line: 'remove a',
      answers: { [remove]: true },
      stdout: 'a: removed process group\n',
    },
    {
      it: 'leaves a running group',
      line: 'remove a',
      answers: { [remove]: new Fault('STILL_RUNNING', 'a') },
      stdout: 'ERROR: process/group still running: a\n',
      exitStatus: 1,
    },
    {
      it: 'tells unknown names',
      line: 'remove x',
      answers: { [remove]: new Fault('BAD_NAME', 'x') },
      stdout: 'ERROR: no such process/group: x\n',
      exitStatus: 1,
    },
    {
      it: 'tells any other fault as an error',
      line: 'remove x',
      answers: { [remove]: new Fault('SHUTDOWN_STATE') },
      stdout: "error: <Fault 6: 'SHUTDOWN_STATE'>\n",
      exitStatus: 1,
    },
  ]);
});
