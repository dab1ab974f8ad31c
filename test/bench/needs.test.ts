import { describe, expect, it } from '@jest/globals';
import { needsAll, needsFile, needsRoomFor } from '../../bench/needs.ts';

describe('what a benchmark needs', () => {
  it('is a file that is there', () => {
    expect(needsFile('/proc/self/stat', 'none')()).toBeUndefined();
  });

  it('is told with the package that brings it', () => {
    expect(needsFile('/no/such', 'thing')()).toBe('there is no /no/such (Debian package thing)');
  });

  it('is room for some programs', () => {
    expect(needsRoomFor(1)()).toBeUndefined();
  });

  it('is not the room for a hundred million', () => {
    expect(needsRoomFor(1e8)()).toMatch(/^100000000 programs need /);
  });

  it('can be several things, of which the first that is lacking is told', () => {
    const need = needsAll(
      needsFile('/proc/self/stat', 'none'),
      needsFile('/no/a', 'a'),
      needsFile('/no/b', 'b'),
    );
    expect(need()).toBe('there is no /no/a (Debian package a)');
    expect(needsAll()()).toBeUndefined();
  });
});
