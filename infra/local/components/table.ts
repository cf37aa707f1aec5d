/** One program of the local stack: where it comes from, in which version. */
export interface Component {
  name: string;
  version: string;
  /** the folder beside this file with the go.mod that pins every dependency */
  module: string;
  /** the Go package of the program */
  package: string;
  ldflags?: string;
  /** the environment variable that names a program to use instead, where `WAYBILL_<NAME>` means something else */
  variable?: string;
  /** the official build, where there is one for this platform */
  download?: (platform: Platform) => Download | undefined;
}

export interface Platform {
  /** as Go names it: `linux`, `darwin` */
  os: string;
  /** as Go names it: `amd64`, `arm64` */
  arch: string;
}

export interface Download {
  url: string;
  /** a published file with the SHA-256 of the download: the bare digest, or `<digest>  <file name>` a line */
  checksums: string;
  /** the program's path in the archive; the download itself is the program where absent */
  member?: string;
}

const kubernetesVersion = '1.36.3';
// An unstamped build calls itself v0.0.0-master, which kubectl and other clients refuse to parse.
const kubernetesStamp = ['gitVersion=v1.36.3', 'gitMajor=1', 'gitMinor=36']
  .map((value) => `-X k8s.io/component-base/version.${value}`)
  .join(' ');

function kubernetes(name: string, platforms: readonly string[]): Component {
  return {
    name,
    version: kubernetesVersion,
    module: 'kubernetes',
    package: `k8s.io/kubernetes/cmd/${name}`,
    ldflags: kubernetesStamp,
    download: ({ os, arch }) => {
      const url = `https://dl.k8s.io/release/v${kubernetesVersion}/bin/${os}/${arch}/${name}`;
      return platforms.includes(os) ? { url, checksums: `${url}.sha256` } : undefined;
    },
  };
}

const release = (repository: string, version: string) => `https://github.com/${repository}/releases/download/v${version}`;

/** In the order in which they are built: programs of one module follow each other and share compiled packages. */
export const components = {
  etcd: {
    name: 'etcd',
    version: '3.6.8',
    module: 'etcd',
    package: 'go.etcd.io/etcd/server/v3',
    download: ({ os, arch }) => {
      const base = release('etcd-io/etcd', '3.6.8');
      const archive = `etcd-v3.6.8-${os}-${arch}`;
      return os === 'linux' ? { url: `${base}/${archive}.tar.gz`, checksums: `${base}/SHA256SUMS`, member: `${archive}/etcd` } : undefined;
    },
  },
  kubeApiserver: kubernetes('kube-apiserver', ['linux']),
  kubeControllerManager: kubernetes('kube-controller-manager', ['linux']),
  kubeScheduler: kubernetes('kube-scheduler', ['linux']),
  kubectl: kubernetes('kubectl', ['linux', 'darwin']),
  temporal: {
    name: 'temporal',
    version: '1.9.1',
    module: 'temporal',
    package: 'github.com/temporalio/cli/cmd/temporal',
    download: ({ os, arch }) => {
      const base = release('temporalio/cli', '1.9.1');
      return { url: `${base}/temporal_cli_1.9.1_${os}_${arch}.tar.gz`, checksums: `${base}/checksums.txt`, member: 'temporal' };
    },
  },
  registry: {
    name: 'registry',
    variable: 'WAYBILL_REGISTRY_PROGRAM',
    version: '3.1.2',
    module: 'registry',
    package: 'github.com/distribution/distribution/v3/cmd/registry',
    download: ({ os, arch }) => {
      const url = `${release('distribution/distribution', '3.1.2')}/registry_3.1.2_${os}_${arch}.tar.gz`;
      return { url, checksums: `${url}.sha256`, member: 'registry' };
    },
  },
  fakeGcsServer: {
    name: 'fake-gcs-server',
    version: '1.56.1',
    module: 'fake-gcs-server',
    package: 'github.com/fsouza/fake-gcs-server',
    download: ({ os, arch }) => {
      const base = release('fsouza/fake-gcs-server', '1.56.1');
      const system = os === 'darwin' ? 'Darwin' : 'Linux';
      return {
        url: `${base}/fake-gcs-server_1.56.1_${system}_${arch}.tar.gz`,
        checksums: `${base}/checksums.txt`,
        member: 'fake-gcs-server',
      };
    },
  },
  // kwok publishes its programs without a checksum file, so it is always built.
  kwok: { name: 'kwok', version: '0.8.0', module: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok' },
} satisfies Record<string, Component>;

export type ComponentKey = keyof typeof components;

/** Paths of the programs, ready to run. */
export type Programs = Record<ComponentKey, string>;

/** The environment variable that names a program to use instead: `WAYBILL_KUBE_APISERVER`. */
export const variableOf = ({ name, variable }: Component) => variable ?? `WAYBILL_${name.toUpperCase().replaceAll('-', '_')}`;
