import type { Kernel } from "./kernel.ts";
import { ReadingPlace } from "./reading-place.ts";
import type { Readings } from "./readings.ts";

/** The reads of a kernel that are on their way, by the place that they are batched by. A place is there while something is. */
export function createReadings(kernelOf: () => Kernel): Readings {
  const places = new Map<string, ReadingPlace>();
  const placeOf = (key: string) => {
    let place = places.get(key);
    if (place === undefined) {
      place = new ReadingPlace(kernelOf(), () => places.delete(key));
      places.set(key, place);
    }
    return place;
  };
  return {
    async read(waiter, request) {
      // Nothing is begun for whoever has left.
      waiter.ctx.throwIfDone();
      return await placeOf(request.plan.placeKey).read(waiter, request);
    },
    refresh: (clock, request) => placeOf(request.plan.placeKey).refresh(clock, request),
    isUnderWay(placeKey, ref) {
      // Asked on every read that memory answers: most of the time nothing is.
      if (places.size === 0) return false;
      return places.get(placeKey)?.has(ref) === true;
    },
  };
}
