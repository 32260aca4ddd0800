using System.Globalization;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Inference.Control;
using Kedge.Native;

namespace Kedge.Agent.Sandbox;

/// <summary>Starts the model server in a sandbox through an OCI runtime (crun or runc), without a daemon.</summary>
internal sealed class OciLauncher(SupervisorOptions options, string runtime, Cgroups cgroups, string device) : ILauncher
{
    private const string NativeInside = "/kedge/kedge-serve";
    private const int LastWordsChars = 400;
    private readonly IReadOnlyList<BindMount> _libraries = HostLibraries.Find();

    public string Name => "oci";

    private string StateFolder => Path.Combine(options.RunFolder, "oci");

    public ServeConfig SeenFromInside(ServeConfig config, InstancePaths paths, PreparedRelease release) =>
        new RuntimeFiles(options, release).Inside(config) with
    {
        ControlSocket = $"{OciRequest.SharedInside}/control.sock",
        HttpSocket = $"{OciRequest.SharedInside}/http.sock",
        LogFile = $"{OciRequest.SharedInside}/serve.log",
        StateFile = $"{OciRequest.SharedInside}/state.json",
        Models =
        [
            .. config.Models.Zip(release.Models, (m, p) => m with
            {
                Path = $"/models/{p.Key}/{p.EntryFile}",
                WarmUp = p.Golden is null ? "" : GoldenInside(p),
                Graph = p.Graph.Length > 0 ? $"/models/{p.Key}/{p.Graph}" : "",
                Labels = p.Labels.Length > 0 ? $"/models/{p.Key}/{p.Labels}" : "",
            }),
        ],
    };

    public (int Pid, Problem? Problem) Launch(InstancePaths paths, PreparedRelease release)
    {
        PortableServe? portable = PortableServe.Find(options.ServeProgram);
        RuntimeFiles runtimes = new(options, release);
        List<BindMount> files =
        [
            .. _libraries,
            .. portable?.Files() ?? [new BindMount(options.ServeProgram, NativeInside)],
            .. runtimes.Mounts,
            .. release.Models.Select(
                m => new BindMount(Path.Combine(options.DataFolder, m.Folder), $"/models/{m.Key}")),
            .. release.Models.Where(m => m.Golden is not null).Select(
                m => new BindMount(Path.Combine(options.DataFolder, m.Golden!), GoldenInside(m))), // Filtered just now.
        ];
        return Run(paths, new OciRequest
        {
            Arguments =
            [
                .. portable is null ? [NativeInside] : PortableServe.ArgumentsInside,
                "--config", $"{OciRequest.SharedInside}/serve.json",
            ],
            Environment =
            [
                "PATH=/", $"LD_LIBRARY_PATH={runtimes.SearchPath}", "DOTNET_EnableDiagnostics=0",
                "ORT_DISABLE_TELEMETRY=1",
                .. runtimes.VariablesInside,
            ],
            ReadOnlyFiles = files,
            SharedFolder = paths.Shared,
            CgroupPath = cgroups.PathOf(paths.Instance),
            Resources = release.Spec.Resources,
            CpuSet = release.Spec.CpuSet == "auto" ? "" : release.Spec.CpuSet,
            AppArmorProfile = AppArmor.Loaded(),
        });
    }

    /// <summary>Starts any program in a sandbox of this shape; the self-test uses it too.</summary>
    public (int Pid, Problem? Problem) Run(InstancePaths paths, OciRequest request)
    {
        Directory.CreateDirectory(paths.Root);
        Directory.CreateDirectory(StateFolder);
        cgroups.MakeRoom();
        File.WriteAllBytes(Path.Combine(paths.Folder, "config.json"), OciConfig.Write(request));
        (int status, string words) = Call(
            paths,
            [
                "run", "--detach", "--bundle", paths.Folder, "--pid-file", paths.PidFile, ContainerOf(paths.Instance),
            ]);
        return status == 0
            && int.TryParse(
                File.ReadAllText(paths.PidFile), NumberStyles.None, CultureInfo.InvariantCulture, out int pid)
                ? (pid, null)
                : (0, new Problem(
                    SandboxErrors.StartFailed.Code,
                    $"{Path.GetFileName(runtime)} ended with {status}: {words}"));
    }

    public bool SetFrozen(InstancePaths paths, int pid, bool isFrozen) => cgroups.SetFrozen(paths.Instance, isFrozen);

    public bool IsFrozen(InstancePaths paths, int pid) => cgroups.IsFrozen(paths.Instance);

    public void Remove(InstancePaths paths)
    {
        // On cgroup v1 what is frozen does not even end when it is killed.
        _ = cgroups.IsFrozen(paths.Instance) && cgroups.SetFrozen(paths.Instance, isFrozen: false);
        _ = Call(paths, ["delete", "--force", ContainerOf(paths.Instance)]);
    }

    /// <summary>Removes what instances share, where none is left.</summary>
    public void Leave() => cgroups.Leave();

    public bool WasOutOfMemory(InstancePaths paths) => cgroups.WasOutOfMemory(paths.Instance);

    public long MemoryOf(InstancePaths paths, int pid) => cgroups.MemoryOf(paths.Instance);

    /// <summary>The cgroup of an instance.</summary>
    public string CgroupOf(InstancePaths paths) => cgroups.PathOf(paths.Instance);

    private static string GoldenInside(PreparedModel model) => $"/golden/{model.Key}.json";

    private string ContainerOf(InstanceId instance) => $"kedge-{device}-{instance}";

    private (int Status, string LastWords) Call(InstancePaths paths, string[] arguments)
    {
        try
        {
            using ChildProcess child = ChildProcess.Start(new SpawnSpec
            {
                Program = runtime,
                Arguments = ["--root", StateFolder, .. arguments],
                Environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
                OutputFile = paths.Output,
            });
            if (!Polling.WaitReadable(child.ExitDescriptor, AgentLimits.SandboxDeadline))
            {
                _ = child.Signal(9);
                _ = Polling.WaitReadable(child.ExitDescriptor, AgentLimits.SandboxDeadline);
                _ = child.TryCollect();
                return (-1, "it did not end in time");
            }

            ProcessEnd? end = child.TryCollect();
            return (end is { Exited: true } ? end.Value.Status : -1, LastWords(paths.Output));
        }
        catch (NativeException e)
        {
            return (-1, e.Message);
        }
    }

    private static string LastWords(string file)
    {
        string text = File.Exists(file) ? File.ReadAllText(file).Trim() : "";
        return text.Length > LastWordsChars ? text[^LastWordsChars..] : text;
    }
}
