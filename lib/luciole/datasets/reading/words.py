"""The words by which columns, files and folders say what they are."""

import re


def _words(text: str) -> tuple[str, ...]:
    return tuple(" ".join(word.split()) for word in text.split(","))


LABEL = _words("""
    label, labels, activity, activities, class, gesture, action, behaviour, behavior, target, category, annotation,
    annotations, ground truth, groundtruth, gt, activity label, label name, activity name, activity type, activity
    id, label id, class name, class id, motion type, activité, aktivität, actividad, attività, geste, klasse, classe
""")
PERSON = _words("""
    subject, person, user, participant, volunteer, subject id, user id, person id, subjectid, userid, personid,
    participant id, subject name, wearer, sid, pid, patient, patient id, athlete, volunteer, sujet, personne, proband,
    utilisateur, sujeto, teilnehmer
""")
TIME = _words("""
    time, timestamp, timestamps, t, date, datetime, date time, clock, epoch, unix, utc, elapsed, seconds, secs, sec,
    seconds elapsed, elapsed time, arrival time, creation time, time stamp, unix time, unixtime, sensor time, event
    time, logging time, loggingtime, uptime, millis, micros, ms, milliseconds, nanoseconds, microseconds, local
    time, localtime, system time, recording time, phone timestamp, sensor timestamp, time of day, timestamp unix,
    temps, zeit, zeitstempel, tiempo, horodatage
""")
MILLIS = _words("""
    ms, millis, milliseconds, millisecond, msec, msecs, milli
""")
RECORDING = _words("""
    recording, session, session id, trial, trial id, rec, take, segment, segment id, recording id, sequence,
    sequence id, experiment, experiment id, exp id, bout, file, series id, repetition, measurement, run id, window,
    window id
""")
FILE = _words("file, filename, file name, path, recording, name, recording id, session")
POSITION = _words("""
    position, location, placement, place, body part, sensor position, sensor location, site, sensor placement, body
    position, sensor, sensor name, sensor type, sensor id, device, axis, channel, channel name, variable, field,
    modality, quantity
""")
COUNTER = _words("""
    index, idx, row, row id, rowid, sample, samples, sample id, n, no, nr, num, number, frame, frame id, counter,
    count, seq, packet, packet id, id, #, line, i, sample number, packet counter, packetcounter, step
""")
PLACES = _words("""
    left, right, hand, wrist, arm, forearm, upperarm, pocket, thigh, leg, shin, ankle, foot, waist, hip, belt,
    chest, torso, back, head, phone, watch, smartphone, smartwatch, l, r, lw, rw, la, ra, lh, rh, ll, rl, shank,
    trunk, neck, ear, upper, lower, inner, outer, front
""")
SENSORS = _words("""
    acc, accel, accelerometer, acceleration, gyr, gyro, gyroscope, mag, magnetometer, magnetic, gravity,
    orientation, rotation, linear, linearacceleration, totalacceleration, userdacceleration, bvp, eda, gsr, temp,
    temperature, hr, heartrate, ibi, ppg, ecg, emg, baro, barometer, pressure, light, uncalibrated,
    accelerometeruncalibrated, gyroscopeuncalibrated, magnetometeruncalibrated, pedometer, imu, sensor, raw, data
""")
PARTS = _words("""
    train, training, test, testing, validation, valid, val, dev
""")
STEMS = _words("""
    walk, jogg, runn, sitt, stand, lying, layi, stair, climb, cycl, biki, bicyc, jump, rest, idle, still, sleep,
    drive, driving, fall, skip, elevator, escalator, eating, drink, brush, clap, typing, writ, vacuum, iron, cook,
    danc, swim, squat, push, pull, wave, waving, circl, shak, swip, march, cour, debout, assis, gehen, laufen,
    sitzen, stehen, nordic, crawl, kick, throw, turn, bend, lift, phoning, reading, smok, wash, stroll, hopp,
    station, punch, gesture, downstair, upstair, unknown
""")  # words that begin with one of these are something that people do
DOINGS = _words("""
    run, jog, sit, lie, lay, up, down, bike, row, eat, type, tap, bus, car, none, null, other, rope, read, hop,
    static, dws, ups, wlk, std, adl, marche, course, flex, snake, wing, ring, slope, negative, fell, train
""")  # these whole words are, too
CHANNEL = re.compile(
    r".*(acc|gyr|mag|grav|rot|ori|quat|euler|lin|emg|ecg|ppg|bvp|eda|gsr|temp|press|roll|pitch|yaw|channel|sensor|chan|"
    r"heart|pulse|bpm|light|prox|baro|humid|altitude|sound|mic|ankle|wrist|chest|thigh|back|hand|arm|foot|waist|hip|force|angle|veloc).*"
    r"|(.*[ _.-])?[xyz]\d*|[a-z]{0,4}[xyz]\d*|(ch|c|f|s|v|a|g|m)\d+|q[0-9w-z]"
)
_CODES = {
    "person": r"(subject|subj|sub|sbj|person|participant|user|volunteer|proband|patient|athlete|vp|p|u|id)[ _-]?0*\d+",
    "maybe person": r"(s|sa|se|su)[ _-]?0*\d+",
    "label": r"(activity|act|a|d|f|adl|class|label|c|g|gesture)[ _-]?0*\d+",
    "trial": r"(r|t|trial|rep|rec|take|seg|session|exp|run|e|set|v|n|no|part)[ _-]?0*\d+",
    "number": r"[\d:+TZ-]*\d[\d:+TZ-]*",
}


def plain(name: str) -> str:
    """A name without its unit, in small letters, its words apart by single blanks.

    >>> plain("Time (s)"), plain("subject_ID"), plain("activityName"), plain("Timestamp [ms]")
    ('time', 'subject id', 'activity name', 'timestamp')
    """
    name = re.sub(r"[\[(].*?[\])]", " ", name.strip())
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(re.split(r"[\s_.:-]+", name.lower())).strip()


def time_name(name: str) -> bool:
    """Whether a column's name says that it holds times."""
    words = plain(name)
    if words in TIME:
        return True
    if words.startswith("time ") or "timestamp" in words.split():
        return True
    less = re.sub(r" (s|sec|secs|seconds|ms|us|µs|ns|millis|nanos|micros|unix|utc|iso|local)$", "", words)
    return less in TIME or bool(re.fullmatch(r"(.* )?(time|timestamp|time stamp|datetime|seconds elapsed)", words))


def code(word: str) -> str:
    """What a word of a path is by its form: person, maybe person, label, trial, number, or "".

    >>> [code(word) for word in ("subject101", "S006", "D01", "R01", "2023-11-14", "ana")]
    ['person', 'maybe person', 'label', 'trial', 'number', '']
    """
    return next((kind for kind, form in _CODES.items() if re.fullmatch(form, word, re.IGNORECASE)), "")


def doing(word: str) -> bool:
    """Whether a word of a path begins with something that people do."""
    return word.lower() in DOINGS or word.lower().startswith(STEMS)
