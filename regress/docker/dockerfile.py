#!/usr/bin/env python3
"""Reads a Dockerfile, and does its steps in chroots where no engine is.

usage: dockerfile.py config FILE
       dockerfile.py context FILE CONTEXT DIRECTORY
       dockerfile.py build [--built] FILE CONTEXT BASE WORK

config   what an engine would keep of the last stage, as JSON; beside that the
         images that it begins with and what is copied
context  copies there what an engine would be sent
build    the stages: each RUN in a chroot of BASE, which is given up to it and
         stands for whatever image is named; WORK/image is the root of the
         last stage, and must be one that begins with scratch.  --built takes
         along what make has made in CONTEXT, so that it is not made again

Only what our Dockerfile uses is known; anything else is an error.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

NEVER_SENT = ('.git', 'stage', 'regress/tmp')
UNITS = {'s': 10 ** 9, 'm': 60 * 10 ** 9, 'h': 3600 * 10 ** 9}


def fail(text):
    sys.exit(f'dockerfile.py: {text}')


def logical_lines(path):
    """(number, text) with continued lines joined and comments left out."""
    begun, text = 0, ''
    with open(path) as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip('\n')
            if line.lstrip().startswith('#') or (not text and
                                                 not line.strip()):
                continue
            begun = begun or number
            if line.endswith('\\'):
                text += line[:-1]
                continue
            yield begun, text + line
            begun, text = 0, ''
    if text:
        fail(f'{path}:{begun}: the last line goes on')


class Stage:
    def __init__(self, base, name):
        self.base = base
        self.name = name
        self.steps = []
        self.config = {'Env': {}, 'Labels': {}, 'Volumes': []}


def words_or_json(text):
    if text.startswith('['):
        value = json.loads(text)
        if not all(isinstance(v, str) for v in value):
            raise ValueError('not all of it is text')
        return value
    return None


def flags_of(text):
    flags = {}
    while text.startswith('--'):
        flag, _, text = text.partition(' ')
        key, _, value = flag[2:].partition('=')
        flags[key] = value
        text = text.lstrip()
    return flags, text


def pairs(text):
    found = {}
    for word in shlex.split(text):
        key, equals, value = word.partition('=')
        if not equals:
            raise ValueError(f'"{word}" has no =')
        found[key] = value
    return found


def healthcheck(flags, text):
    kind, _, rest = text.partition(' ')
    command = words_or_json(rest.strip())
    if kind != 'CMD' or command is None:
        raise ValueError('a CMD [...] is wanted')
    check = {'Test': ['CMD'] + command}
    for flag, key in (('interval', 'Interval'), ('timeout', 'Timeout'),
                      ('start-period', 'StartPeriod')):
        value = flags.pop(flag)
        check[key] = int(value[:-1]) * UNITS[value[-1]]
    check['Retries'] = int(flags.pop('retries'))
    return check


def take(stage, word, text):
    """One instruction but FROM, into the steps or what is kept."""
    flags, text = flags_of(text.strip())
    config = stage.config
    if word == 'COPY':
        *sources, to = text.split()
        stage.steps.append(('COPY', flags.pop('from', None),
                            flags.pop('chown', None), sources, to))
    elif word == 'RUN':
        command = words_or_json(text) or ['/bin/sh', '-c', text]
        stage.steps.append(('RUN', command))
    elif word == 'WORKDIR':
        config['WorkingDir'] = text
        stage.steps.append(('WORKDIR', text))
    elif word == 'ENV':
        config['Env'].update(pairs(text))
        stage.steps.append(('ENV', pairs(text)))
    elif word == 'LABEL':
        config['Labels'].update(pairs(text))
    elif word == 'VOLUME':
        config['Volumes'] += words_or_json(text) or text.split()
    elif word in ('USER', 'STOPSIGNAL'):
        config[{'USER': 'User', 'STOPSIGNAL': 'StopSignal'}[word]] = text
    elif word in ('ENTRYPOINT', 'CMD'):
        value = words_or_json(text)
        if value is None:
            raise ValueError('there is no shell: [...] is wanted')
        config[word.capitalize()] = value
    elif word == 'HEALTHCHECK':
        config['Healthcheck'] = healthcheck(flags, text)
    else:
        raise ValueError(f'{word} is not known here')
    if flags:
        raise ValueError(f'--{next(iter(flags))} is not known here')


def parse(path):
    stages = []
    for number, line in logical_lines(path):
        word, _, text = line.strip().partition(' ')
        try:
            if word == 'FROM':
                found = re.fullmatch(r'(\S+)(?:\s+AS\s+(\S+))?', text.strip())
                stages.append(Stage(*found.groups()))
            else:
                take(stages[-1], word, text)
        except (AttributeError, IndexError, KeyError, ValueError) as e:
            fail(f'{path}:{number}: {word}: {e}')
    if not stages:
        fail(f'{path}: no FROM')
    return stages


class Ignored:
    """FILE.dockerignore: the last pattern that fits a path decides."""

    def __init__(self, path):
        self.rules = []
        with open(path + '.dockerignore') as f:
            for line in f:
                line = line.strip()
                if line and not line.startswith('#'):
                    kept = line.startswith('!')
                    self.rules.append((self.compile(line.lstrip('!')), kept))

    @staticmethod
    def compile(pattern):
        anywhere = pattern.startswith('**/')
        pattern = pattern[3:] if anywhere else pattern
        text = ''.join('[^/]*' if c == '*' else re.escape(c) for c in pattern)
        return re.compile(('(?:.*/)?' if anywhere else '') + text +
                          '(?:/.*)?')

    def __call__(self, path):
        ignored = False
        for rule, kept in self.rules:
            if rule.fullmatch(path):
                ignored = not kept
        return ignored


def sent(path, context, built):
    """Names of the files that the builder gets."""
    ignored = Ignored(path)
    for folder, folders, files in os.walk(context):
        inside = os.path.relpath(folder, context)
        inside = '' if inside == '.' else inside + '/'
        folders[:] = [d for d in folders if inside + d not in NEVER_SENT]
        for name in files:
            if built and not inside.startswith('regress/') or \
                    not ignored(inside + name):
                yield inside + name


def copy_file(source, to):
    os.makedirs(os.path.dirname(to), exist_ok=True)
    if os.path.lexists(to):
        os.unlink(to)
    shutil.copy2(source, to, follow_symlinks=False)


def copy_context(names, context, sources, to, here):
    """COPY from the context: files, or all that is in a folder."""
    names = list(names)
    target = os.path.join(here, to)
    for source in sources:
        prefix = '' if source == '.' else source.rstrip('/') + '/'
        chosen = [n for n in names if n.startswith(prefix) or n == source]
        if not chosen:
            fail(f'COPY {source}: it is not in the context')
        for name in chosen:
            inside = name[len(prefix):] if name.startswith(prefix) else \
                os.path.basename(name)
            copy_file(os.path.join(context, name),
                      os.path.join(target, inside))


def copy_stage(root, source, to, chown):
    """COPY --from: all that is in a folder, with its owners or to another."""
    for folder, folders, files in os.walk(root + source):
        inside = os.path.relpath(folder, root + source)
        there = os.path.normpath(os.path.join(to, inside))
        names = [d for d in folders
                 if os.path.islink(os.path.join(folder, d))] + files
        begun = os.path.isdir(there)
        os.makedirs(there, exist_ok=True)
        if not begun or not chown:
            shutil.copystat(folder, there)
        for name in names:
            copy_file(os.path.join(folder, name), os.path.join(there, name))
        made = [os.path.join(there, n) for n in names]
        for path in made + ([] if begun else [there]):
            if chown:
                os.lchown(path, *map(int, chown.split(':')))


class Build:
    def __init__(self, path, context, base, work, built):
        self.path = path
        self.context = context
        self.base = base
        self.work = work
        self.built = built
        self.roots = {}

    def run(self, stage, root, command, env, here):
        if stage.base == 'scratch':
            fail(f'RUN {command}: in a stage from scratch nothing can')
        print('RUN', command[-1], flush=True)
        code = subprocess.run(
            command, stdin=subprocess.DEVNULL, env=env,
            preexec_fn=lambda: (os.chroot(root), os.chdir(here))).returncode
        if code != 0:
            fail(f'RUN {command[-1]}: exit code {code}')

    def stage(self, number, stage):
        root = self.base
        if stage.base == 'scratch':
            root = os.path.join(self.work, 'image')
            os.mkdir(root, 0o755)
        env = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:'
               '/sbin:/bin', 'HOME': '/root'}
        here = '/'
        for kind, *what in stage.steps:
            if kind == 'RUN':
                self.run(stage, root, what[0], env, here)
            elif kind == 'ENV':
                env.update(what[0])
            elif kind == 'WORKDIR':
                here = os.path.join(here, what[0])
                os.makedirs(root + here, exist_ok=True)
            else:
                origin, chown, sources, to = what
                to = os.path.join(here, to)
                if origin is None:
                    copy_context(sent(self.path, self.context, self.built),
                                 self.context, sources, to.lstrip('/'),
                                 root + '/')
                    continue
                for source in sources:
                    copy_stage(self.roots[origin], source,
                               root + to, chown)
        self.roots[stage.name or str(number)] = root

    def all(self, stages):
        if stages[-1].base != 'scratch' or \
                sum(s.base != 'scratch' for s in stages) != 1:
            fail('one stage of an image and a last one from scratch are known')
        for number, stage in enumerate(stages):
            self.stage(number, stage)


def config_of(stages):
    config = dict(stages[-1].config)
    config['Env'] = [f'{k}={v}' for k, v in config['Env'].items()]
    config['From'] = [s.base for s in stages]
    config['Copied'] = [source for s in stages for kind, *what in s.steps
                        if kind == 'COPY' and what[0] is None
                        for source in what[2]]
    return config


def main():
    words = sys.argv[1:]
    built = '--built' in words
    words = [w for w in words if w != '--built']
    if words[:1] == ['config'] and len(words) == 2:
        print(json.dumps(config_of(parse(words[1])), indent=1))
    elif words[:1] == ['context'] and len(words) == 4:
        _, path, context, to = words
        copy_context(sent(path, context, False), context, ['.'], to, '')
    elif words[:1] == ['build'] and len(words) == 5:
        stages = parse(words[1])
        Build(*words[1:], built).all(stages)
    else:
        fail('usage: dockerfile.py config|context|build ...')


if __name__ == '__main__':
    main()
