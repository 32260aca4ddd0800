using System.Globalization;
using System.Reflection;
using System.Text;
using Kedge.Agent.Disk;
using Kedge.Agent.Native;
using Kedge.Agent.Sandbox;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Native;

namespace Kedge.Agent.Commands;

/// <summary>Where a device keeps everything, and what follows from it.</summary>
internal sealed class DataFolder
{
    internal const string Default = "/var/lib/kedge";
    private const uint Private = 0x1C0; // rwx for the owner alone
    private FileDescriptor? _lock;

    internal DataFolder(string? path) => Disk = new RealDisk(path ?? Default);

    internal RealDisk Disk { get; }

    /// <summary>Version of this program.</summary>
    internal static string Version { get; } = typeof(DataFolder).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>When this program was built: the floor of a device that never heard a signed time.</summary>
    internal static long BuiltAtMs { get; } = typeof(DataFolder).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Where(static a => a.Key == "BuiltOn")
        .Select(static a => DateTimeOffset.Parse(
            a.Value!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds())
        .FirstOrDefault();

    /// <summary>The agent's own socket.</summary>
    internal string Socket => Disk.HostPath("agent.sock");

    /// <summary>Folder of Unix endpoints: a part of the interface to applications, it never moves.</summary>
    internal string Endpoints => Disk.HostPath("endpoints");

    /// <summary>
    /// Folder of running instances: short, and empty after a reboot where the machine has such a place.
    /// </summary>
    internal string Run
    {
        get
        {
            string digest = Digest.Of(Encoding.UTF8.GetBytes(Disk.Root)).Short;
            return Environment.IsPrivilegedProcess && Directory.Exists("/run")
                ? $"/run/kedge/{digest}"
                : Disk.HostPath("run");
        }
    }

    /// <summary>Makes the folder, readable for its owner only.</summary>
    internal void Create()
    {
        if (!Directory.Exists(Disk.Root))
        {
            _ = Directory.CreateDirectory(Disk.Root);
            _ = AgentLibc.ChangeMode(Disk.Root, Private);
        }
    }

    /// <summary>
    /// Takes the folder for this process, until it ends; throws <see cref="KedgeException"/> when another has it.
    /// </summary>
    internal void Lock()
    {
        string path = Disk.HostPath("agent.lock");
        int descriptor = AgentLibc.Open(path, AgentLibc.OpenLock, 0x180);
        if (descriptor < 0)
        {
            throw new KedgeException(AgentErrors.DiskFailed, $"{path} cannot be opened; is this user allowed to?");
        }

        _lock = FileDescriptor.Adopt(descriptor);
        if (AgentLibc.Lock(descriptor, AgentLibc.LockExclusiveNoWait) != 0)
        {
            throw new KedgeException(AgentErrors.AlreadyRunning, $"{Disk.Root} is held by another agent");
        }
    }

    /// <summary>Gives the folder back before the process ends.</summary>
    internal void Unlock()
    {
        _lock?.Dispose();
        _lock = null;
    }

    /// <summary>What the supervisor is told.</summary>
    internal SupervisorOptions Supervisor(AgentConfig config, string? serve, string? library) => new()
    {
        DataFolder = Disk.Root,
        RunFolder = Run,
        EndpointFolder = Endpoints,
        ServeProgram = Programs.Find("kedge-serve", serve, null),
        RuntimeLibrary = Programs.Find(
            "libonnxruntime.so.1", library ?? Environment.GetEnvironmentVariable("KEDGE_ORT_LIB"), serve),
        TfLiteLibrary = FindTfLite(serve, library),
        ImagingFolder = FindImaging(serve, library),
        Plugins = [.. (config.Plugins ?? []).Select(static one => one.ToServe())],
        DevicePolicy = config.DevicePolicy,
        LoopbackAddress = config.LoopbackAddress,
        AllowsNoSandbox = config.AllowNoSandbox,
        OpenControl = [.. config.OpenControl],
        SharedMemory = config.SharedMemory,
        AccessLogEvery = config.AccessLogEvery,
    };

    /// <summary>The TensorFlow Lite library beside the programs, or beside the other runtime; empty for none.</summary>
    private static string FindTfLite(string? serve, string? library)
    {
        const string Name = "libtensorflowlite_c.so";
        string? named = Environment.GetEnvironmentVariable("KEDGE_TFLITE_LIB");
        string[] places =
        [
            Programs.Find(Name, named, serve), Programs.Find(Name, named, library),
        ];
        return places.FirstOrDefault(File.Exists) ?? "";
    }

    /// <summary>
    /// The folder with the libraries that decode images: named, beside the programs or the runtime, or the system's
    /// own; empty for none.
    /// </summary>
    private static string FindImaging(string? serve, string? library)
    {
        string? named = Environment.GetEnvironmentVariable("KEDGE_IMAGING_LIBS");
        string first = RuntimeFiles.ImagingNames[0];
        string[] folders = !string.IsNullOrEmpty(named)
            ? [Path.GetFullPath(named)]
            :
            [
                Path.GetDirectoryName(Programs.Find(first, null, serve))!, // An absolute path of a file has one.
                Path.GetDirectoryName(Programs.Find(first, null, library))!,
                .. HostLibraries.Folders,
            ];
        return folders.FirstOrDefault(static folder =>
            Array.TrueForAll(RuntimeFiles.ImagingNames, name => File.Exists(Path.Combine(folder, name)))) ?? "";
    }
}
