import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { InstalledLibrary } from '../support/installed-library.ts';
import { describeWithFiles } from '../support/peer.ts';
import { RedisServer, redisServer } from '../support/redis-server.ts';
import { blocksOf, readPage } from './pages.ts';

/** The code under one heading is one program. What follows of `...` in what it prints is not shown. */
interface Example {
  readonly heading: string;
  readonly program: string;
  readonly output: readonly string[];
  readonly runsOn: boolean;
}

const examples: readonly Example[] = readPage('docs/scheduling-library.md')
  .split(/^(?=##+ )/m)
  .map((section): Example => {
    const blocks = blocksOf(section);
    const textOf = (language: string) =>
      blocks.flatMap((block) => (block.language === language ? [block.text] : [])).join('');
    const lines = textOf('text').trimEnd().split('\n');
    return {
      heading: /^#* ?(.*)/.exec(section)?.[1] ?? '',
      program: textOf('ts'),
      output: lines.filter((line) => line !== '...'),
      runsOn: lines.at(-1) === '...',
    };
  })
  .filter(({ program }) => program !== '');

describeWithFiles('the examples of docs/scheduling-library.md', () => {
  let outside: InstalledLibrary;
  let redis: RedisServer;

  beforeAll(async () => {
    outside = await InstalledLibrary.install();
    redis = await RedisServer.start();
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    outside[Symbol.dispose]();
  });

  for (const [index, { heading, program, output, runsOn }] of examples.entries()) {
    it(`print what they say: ${heading}`, async () => {
      // Nobody waits for 15 seconds here, nor is there a Redis at its usual place.
      const text = program
        .replaceAll('seconds: 15', 'seconds: 0.2')
        .replaceAll(/redis:\/\/127[^']*/g, `${redis.url}?db=2`);
      const child = execa('node', [outside.write(`example${index}.ts`, text)], {
        cwd: outside.directory,
        preferLocal: true,
        localDir: process.cwd(),
        timeout: 60_000,
        reject: false,
      });
      const lines: string[] = [];
      for await (const line of child) {
        lines.push(String(line).replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'));
        if (runsOn && lines.length === output.length) child.kill('SIGKILL');
      }
      expect(lines.slice(0, runsOn ? output.length : undefined)).toEqual(output);
      const { stderr, exitCode } = await child;
      // What is missed, or takes too long, is named there.
      expect(stderr).not.toMatch(/error|warning/i);
      if (!runsOn) expect(exitCode).toBe(0);
    });
  }
}, [redisServer]);
