using System.Globalization;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Inference.Control;
using Kedge.Native;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Starts the model server as a plain process: for devices without an OCI runtime, where the manifest and the device's
/// own
/// configuration both say so. It has a session of its own and no privileges taken away; limits do not hold.
/// </summary>
internal sealed class BareLauncher(SupervisorOptions options) : ILauncher
{
    /// <summary>Its word in the launcher file.</summary>
    public const string Word = "bare";

    public string Name => Word;

    public ServeConfig SeenFromInside(ServeConfig config, InstancePaths paths, PreparedRelease release) =>
        new RuntimeFiles(options, release).Tell(config) with
    {
        ControlSocket = paths.Control,
        HttpSocket = paths.Http,
        LogFile = paths.Log,
        StateFile = paths.State,
        Models =
        [
            .. config.Models.Zip(release.Models, (m, p) => m with
            {
                Path = Path.Combine(options.DataFolder, p.Folder, p.EntryFile),
                WarmUp = p.Golden is null ? "" : Path.Combine(options.DataFolder, p.Golden),
                Graph = p.Graph.Length > 0 ? Path.Combine(options.DataFolder, p.Folder, p.Graph) : "",
                Labels = p.Labels.Length > 0 ? Path.Combine(options.DataFolder, p.Folder, p.Labels) : "",
            }),
        ],
    };

    public (int Pid, Problem? Problem) Launch(InstancePaths paths, PreparedRelease release)
    {
        try
        {
            (string Program, string Argument)? portable = PortableServe.Find(options.ServeProgram)?.Bare;
            using ChildProcess child = ChildProcess.Start(new SpawnSpec
            {
                Program = portable?.Program ?? options.ServeProgram,
                Arguments = portable is null
                    ? ["--config", paths.Config]
                    : [portable.Value.Argument, "--config", paths.Config],
                Environment =
                [
                    "DOTNET_EnableDiagnostics=0", "ORT_DISABLE_TELEMETRY=1",
                    .. new RuntimeFiles(options, release).Variables,
                ],
                OutputFile = paths.Output,
            });
            File.WriteAllText(paths.PidFile, child.Pid.ToString(CultureInfo.InvariantCulture));
            return (child.Pid, null);
        }
        catch (NativeException e)
        {
            return (0, new Problem(SandboxErrors.StartFailed.Code, e.Message));
        }
    }

    public void Remove(InstancePaths paths)
    {
        // The process was ended by its pidfd before; a bare one leaves nothing else.
    }

    public bool WasOutOfMemory(InstancePaths paths) => false;

    /// <summary>No cgroup of its own: the process is stopped, which it can neither catch nor ignore.</summary>
    public bool SetFrozen(InstancePaths paths, int pid, bool isFrozen)
    {
        const int Continue = 18;
        const int Stop = 19;
        try
        {
            using ChildProcess process = ChildProcess.Open(pid);
            return process.Signal(isFrozen ? Stop : Continue);
        }
        catch (NativeException)
        {
            // It is gone already.
            return false;
        }
    }

    public bool IsFrozen(InstancePaths paths, int pid) => ProcessStart.IsStopped(pid);

    /// <summary>No cgroup of its own: what of the process is in memory (proc(5), <c>VmRSS</c>).</summary>
    public long MemoryOf(InstancePaths paths, int pid) => Cgroups.NumberIn(
        string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"), "VmRSS:") * Core.Limits.KiB;

    /// <summary>Ends a bare process of an earlier agent, if the number in its file is still that process.</summary>
    public static void KillStray(InstancePaths paths)
    {
        if (!File.Exists(paths.PidFile)
            || !int.TryParse(
                File.ReadAllText(paths.PidFile), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
        {
            return;
        }

        try
        {
            using ChildProcess process = ChildProcess.Open(pid);
            string arguments = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline"));
            if (arguments.Contains(paths.Config, StringComparison.Ordinal))
            {
                _ = process.Signal(9);
                _ = Polling.WaitReadable(process.ExitDescriptor, AgentLimits.ControlDeadline);
            }
        }
        catch (IOException)
        {
            // It is gone already.
        }
    }
}
