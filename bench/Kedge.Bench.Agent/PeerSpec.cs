using System.Net;
using System.Net.Sockets;

namespace Kedge.Bench.Agent;

/// <summary>How a daemon of others is started on its own in a folder.</summary>
/// <param name="Package">Its Debian package.</param>
/// <param name="Program">Its binary, from the root.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="EndPoint">Where it takes connections.</param>
/// <param name="Files">Configuration to be written first, by path.</param>
internal sealed record PeerSpec(
    string Package,
    string Program,
    IReadOnlyList<string> Arguments,
    EndPoint EndPoint,
    IReadOnlyDictionary<string, string> Files)
{
    /// <summary>All peers, with their files below a folder and the packages' files below a root.</summary>
    public static IReadOnlyList<PeerSpec> All(string folder, string root) =>
        [Containerd(folder), Podman(folder, root), Mosquitto(folder), NodeExporter()];

    private static PeerSpec Containerd(string folder)
    {
        string socket = Path.Combine(folder, "containerd.sock");
        string config = Path.Combine(folder, "containerd.toml");
        string text = $"""
            version = 2
            root = "{folder}/containerd-root"
            state = "{folder}/containerd-state"
            [grpc]
            address = "{socket}"
            [plugins."io.containerd.internal.v1.opt"]
            path = "{folder}/containerd-opt"
            """;
        return new PeerSpec(
            "containerd", "/usr/bin/containerd", ["--config", config], new UnixDomainSocketEndPoint(socket),
            new Dictionary<string, string> { [config] = text });
    }

    private static PeerSpec Podman(string folder, string root)
    {
        string socket = Path.Combine(folder, "podman.sock");
        string text = $"""
            [engine]
            conmon_path = ["{root}/usr/bin/conmon", "/usr/bin/conmon"]
            helper_binaries_dir = ["{root}/usr/lib/podman", "/usr/lib/podman"]
            """;
        string[] arguments =
        [
            "--root", Path.Combine(folder, "podman-root"), "--runroot", Path.Combine(folder, "podman-run"),
            "--tmpdir", Path.Combine(folder, "podman-tmp"), "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs",
            "system", "service", "--time=0", "unix://" + socket,
        ];
        return new PeerSpec(
            "podman", "/usr/bin/podman", arguments, new UnixDomainSocketEndPoint(socket),
            new Dictionary<string, string> { [Path.Combine(folder, "containers.conf")] = text });
    }

    private static PeerSpec Mosquitto(string folder)
    {
        string socket = Path.Combine(folder, "mosquitto.sock");
        string config = Path.Combine(folder, "mosquitto.conf");
        string text = $"""
            listener 0 {socket}
            allow_anonymous true
            user root
            persistence false

            """;
        return new PeerSpec(
            "mosquitto", "/usr/sbin/mosquitto", ["-c", config], new UnixDomainSocketEndPoint(socket),
            new Dictionary<string, string> { [config] = text });
    }

    private static PeerSpec NodeExporter()
    {
        using Socket free = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint endPoint = free.LocalEndPoint!;
        return new PeerSpec(
            "prometheus-node-exporter", "/usr/bin/prometheus-node-exporter", [$"--web.listen-address={endPoint}"],
            endPoint, new Dictionary<string, string>());
    }
}
