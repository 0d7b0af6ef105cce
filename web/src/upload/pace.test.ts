import { expect, it } from 'vitest';
import { look, secondsLeft, startPace } from './pace';

it('says nothing of the time left before it knows enough', () => {
  expect(secondsLeft(startPace(0, 0), 0, 100)).toBeNull();
  expect(secondsLeft(look(startPace(0, 0), 100, 50), 50, 100)).toBeNull();
});

it('tells the time left at the pace so far', () => {
  const pace = look(startPace(0, 0), 1000, 100);
  expect(pace.rate).toBe(100);
  expect(secondsLeft(pace, 100, 1000)).toBe(9);
});

it('follows a change of pace by and by', () => {
  const pace = look(look(startPace(0, 0), 1000, 100), 2000, 300);
  expect(pace.rate).toBeCloseTo(130);
});

it('starts anew when less has arrived than was thought', () => {
  expect(look(look(startPace(0, 0), 1000, 100), 1500, 40).rate).toBeNull();
});

it('says nothing while nothing moves', () => {
  expect(secondsLeft(look(startPace(0, 0), 1000, 0), 0, 100)).toBeNull();
});
