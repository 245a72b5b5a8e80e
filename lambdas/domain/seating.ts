/**
 * Whether every seat can be filled by a different person, of those whom `fits` lets sit there: a maximum matching by
 * augmenting paths (Kuhn). Seats and people are numbered from 0.
 */
export function canFill(
  seats: number,
  people: number,
  fits: (seat: number, person: number) => boolean,
): boolean {
  const seatOf = new Map<number, number>();
  const seatSomebody = (seat: number, asked: Set<number>): boolean => {
    for (let person = 0; person < people; person += 1) {
      if (asked.has(person) || !fits(seat, person)) continue;
      asked.add(person);
      const taken = seatOf.get(person);
      if (taken === undefined || seatSomebody(taken, asked)) {
        seatOf.set(person, seat);
        return true;
      }
    }
    return false;
  };
  for (let seat = 0; seat < seats; seat += 1) {
    if (!seatSomebody(seat, new Set())) return false;
  }
  return true;
}
