using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Inference.Control;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// How the process of an instance is started and what is left of it is removed: in a sandbox, or bare.
/// </summary>
internal interface ILauncher
{
    /// <summary>Word in <see cref="InstancePaths.LauncherFile"/>.</summary>
    string Name { get; }

    /// <summary>The paths of <see cref="ServeConfig"/> as the process sees them.</summary>
    ServeConfig SeenFromInside(ServeConfig config, InstancePaths paths, PreparedRelease release);

    /// <summary>Starts it; the process id, or why not.</summary>
    (int Pid, Problem? Problem) Launch(InstancePaths paths, PreparedRelease release);

    /// <summary>Ends what still runs and removes everything but the instance's folder. Idempotent.</summary>
    void Remove(InstancePaths paths);

    /// <summary>True when the kernel killed something of the instance for want of memory.</summary>
    bool WasOutOfMemory(InstancePaths paths);

    /// <summary>Freezes or thaws it; false when that does not work here.</summary>
    bool SetFrozen(InstancePaths paths, int pid, bool isFrozen);

    /// <summary>True when it is frozen.</summary>
    bool IsFrozen(InstancePaths paths, int pid);

    /// <summary>Memory that the instance holds now, in bytes; 0 where that cannot be read.</summary>
    long MemoryOf(InstancePaths paths, int pid);
}
