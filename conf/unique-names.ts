/** No two groups of one name, no two processes of one name in a group, and no two schedules of one name. */
import { ConfigError } from './config-error.ts';
import type { Findings } from './findings.ts';
import type { GroupOfSection } from './groups.ts';
import type { ScheduleOfGroup } from './schedule-sections.ts';

/** supervisord would run one of the two and drop the other without a word. */
export function checkUniqueNames(groups: readonly GroupOfSection[], findings: Findings): void {
  // Names that could not be read are all the same, which says nothing more.
  const misnamed = new Set(
    findings.errors.filter(({ key }) => key === 'process_name').map(({ section }) => section),
  );
  const firsts = new Map<string, GroupOfSection>();
  for (const current of groups) {
    const { section, group } = current;
    const place = { file: section.file, line: section.line, section: section.name };
    const first = firsts.get(group.name);
    if (first === undefined) {
      firsts.set(group.name, current);
    } else {
      const what = `[${first.section.name}] makes a group named ${group.name} already`;
      findings.error(new ConfigError(place, what, `[${section.name}]: ${what}`));
    }
    const processes = new Set<string>();
    for (const { name, section: member } of group.processes) {
      if (processes.has(name) && !misnamed.has(member)) {
        const what = `[${member}] makes a second process named ${name} in group ${group.name}`;
        findings.error(new ConfigError(place, what));
      }
      processes.add(name);
    }
  }
}

/** The `cron` of a program that is in a group makes a schedule, but no group, of its name. */
export function checkUniqueSchedules(
  groups: readonly GroupOfSection[],
  additions: readonly ScheduleOfGroup[],
  findings: Findings,
): void {
  const sections = new Map(
    groups.flatMap(({ section, group }) => (group.type === 'schedule' ? [[group.name, section.name]] : [])),
  );
  for (const { schedule, group } of additions) {
    const { name, file, line, section } = schedule;
    const other = sections.get(name);
    // A group of that name is reported already.
    if (other === undefined || group === name) continue;
    const what = `[${other}] makes a schedule named ${name} already`;
    findings.error(new ConfigError({ file, line, section, key: 'cron' }, what, `[${section}] cron: ${what}`));
  }
}
