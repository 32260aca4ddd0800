using Kedge.Core.Device;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Where the cgroups of workloads are. On cgroup v2 under systemd they are below the unit's own, delegated cgroup, with
/// the agent moved to a leaf beside them (cgroups(7): no processes in inner nodes); elsewhere below <c>/kedge</c>.
/// </summary>
internal sealed class Cgroups
{
    private const string Mount = "/sys/fs/cgroup";
    private readonly string _parent;

    private Cgroups(string parent, bool isVersion2)
    {
        _parent = parent;
        IsVersion2 = isVersion2;
    }

    /// <summary>True where the kernel's one hierarchy is mounted.</summary>
    public bool IsVersion2 { get; }

    /// <summary>Finds the place; on a delegated v2 tree also moves this process to its leaf.</summary>
    /// <param name="device">Name of the device's own folder below <c>/kedge</c>.</param>
    public static Cgroups Prepare(string device)
    {
        bool version2 = File.Exists(Path.Combine(Mount, "cgroup.controllers"));
        string own = version2 ? OwnPath() : "";
        if (!own.EndsWith(".service", StringComparison.Ordinal))
        {
            return new Cgroups($"/kedge/{device}", version2);
        }

        string unit = Mount + own;
        string leaf = Path.Combine(unit, "agent");
        Directory.CreateDirectory(leaf);
        File.WriteAllText(
            Path.Combine(leaf, "cgroup.procs"),
            Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        string available = File.ReadAllText(Path.Combine(unit, "cgroup.controllers"));
        foreach (string controller in (string[])["memory", "pids", "cpu", "cpuset"])
        {
            if (available.Split(' ', '\n').Contains(controller))
            {
                File.WriteAllText(Path.Combine(unit, "cgroup.subtree_control"), "+" + controller);
            }
        }

        return new Cgroups(own, version2);
    }

    /// <summary>Path of an instance's cgroup, from the root of the hierarchy.</summary>
    public string PathOf(InstanceId instance) => $"{_parent}/{instance}";

    /// <summary>True when the kernel killed a process of this cgroup for want of memory.</summary>
    public bool WasOutOfMemory(InstanceId instance)
    {
        string file = IsVersion2
            ? $"{Mount}{PathOf(instance)}/memory.events"
            : $"{Mount}/memory{PathOf(instance)}/memory.oom_control";
        try
        {
            return File.ReadLines(file).Any(l =>
                l.StartsWith("oom_kill ", StringComparison.Ordinal) && !l.EndsWith(" 0", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // The cgroup is gone, or the kernel does not count: then nobody knows.
            return false;
        }
    }

    private static string OwnPath()
    {
        string line = File.ReadLines("/proc/self/cgroup").FirstOrDefault(
            l => l.StartsWith("0::", StringComparison.Ordinal)) ?? "0::/";
        string path = line[3..];
        return path.EndsWith("/agent", StringComparison.Ordinal) ? path[..^"/agent".Length] : path;
    }
}
