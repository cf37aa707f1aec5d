/** Id of the schedule that starts `collect`, and the beginning of the ids of its runs. */
export const collectSchedule = 'collect';
