using Kedge.Core.Device;

namespace Kedge.Agent.Sandbox;

/// <summary>The files of one instance on the host. Everything of it is below <see cref="Folder"/>.</summary>
/// <param name="RunFolder">Folder of all instances.</param>
/// <param name="Instance">Which.</param>
internal sealed record InstancePaths(string RunFolder, InstanceId Instance)
{
    /// <summary>Where all instances are.</summary>
    public static string AllIn(string runFolder) => Path.Combine(runFolder, "i");

    /// <summary>Its folder.</summary>
    public string Folder => Path.Combine(AllIn(RunFolder), Instance.ToString());

    /// <summary>Root of its file system, empty but for mount points.</summary>
    public string Root => Path.Combine(Folder, "root");

    /// <summary>The folder that it may write.</summary>
    public string Shared => Path.Combine(Folder, "run");

    /// <summary>Control socket.</summary>
    public string Control => Path.Combine(Shared, "control.sock");

    /// <summary>Socket of preflight and metrics.</summary>
    public string Http => Path.Combine(Shared, "http.sock");

    /// <summary>Configuration of the model server.</summary>
    public string Config => Path.Combine(Shared, "serve.json");

    /// <summary>What the model server was told since it began to serve.</summary>
    public string State => Path.Combine(Shared, "state.json");

    /// <summary>Log of the model server.</summary>
    public string Log => Path.Combine(Shared, "serve.log");

    /// <summary>What the process prints before it has a log, and the runtime's last words.</summary>
    public string Output => Path.Combine(Folder, "output.log");

    /// <summary>How many golden samples agreed when it was tried.</summary>
    public string Golden => Path.Combine(Folder, "golden");

    /// <summary>How far answers of its models may be from their golden samples.</summary>
    public string Tolerances => Path.Combine(Folder, "tolerances");

    /// <summary>Written by the launcher: the process id.</summary>
    public string PidFile => Path.Combine(Folder, "pid");

    /// <summary>Written by the launcher: by which of them it was started.</summary>
    public string LauncherFile => Path.Combine(Folder, "launcher");
}
