using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Kedge.Core;
using Kedge.Core.Device;
using Microsoft.Win32.SafeHandles;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Where the cgroups of workloads are. On cgroup v2 under systemd they are below a unit of their own that delegates its
/// cgroup, elsewhere below <c>/kedge</c>. Not below the agent's unit: a cgroup that hands memory limits on to others
/// can hold no process (cgroups(7)), so systemd could not start an agent again whose workloads run on.
/// </summary>
internal sealed class Cgroups
{
    private const string Mount = "/sys/fs/cgroup";
    private const string Root = "/kedge";
    private const int FiguresBytesMax = 8192;
    private const int FigureNameMax = 32;

    /// <summary>The unit that only holds: one process that sleeps, moved to a leaf beside the workloads.</summary>
    private const string Holder = "/system.slice/kedge-workloads.service";

    private readonly string _mount;
    private readonly string _parent;

    private Cgroups(string mount, string parent, bool isVersion2)
    {
        _mount = mount;
        _parent = parent;
        IsVersion2 = isVersion2;
    }

    /// <summary>True where the kernel's one hierarchy is mounted.</summary>
    public bool IsVersion2 { get; }

    /// <summary>Finds the place.</summary>
    /// <param name="device">Name of the device's own folder in it.</param>
    /// <param name="mount">Where cgroups are mounted.</param>
    public static Cgroups Find(string device, string mount = Mount)
    {
        bool version2 = File.Exists(Path.Combine(mount, "cgroup.controllers"));
        bool isHeld = version2 && Directory.Exists(mount + Holder);
        return new Cgroups(mount, $"{(isHeld ? Holder : Root)}/{device}", version2);
    }

    /// <summary>
    /// Moves whatever sits in the cgroup of the holder itself to a leaf; before each start, since the unit may be a
    /// new one.
    /// </summary>
    public void MakeRoom()
    {
        string unit = _mount + Holder;
        string held = Path.Combine(unit, "cgroup.procs");
        if (!_parent.StartsWith(Holder, StringComparison.Ordinal) || !File.Exists(held))
        {
            return;
        }

        try
        {
            foreach (string process in File.ReadAllLines(held))
            {
                string leaf = Path.Combine(unit, "holder");
                Directory.CreateDirectory(leaf);
                File.WriteAllText(Path.Combine(leaf, "cgroup.procs"), process);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile and needs no room; what really stays in the way, the runtime names when it starts.
        }
    }

    /// <summary>Path of an instance's cgroup, from the root of the hierarchy.</summary>
    public string PathOf(InstanceId instance) => string.Create(CultureInfo.InvariantCulture, $"{_parent}/{instance}");

    /// <summary>
    /// Removes the device's own folder where no instance is left in it, and the one above that other agents of this
    /// machine share where it is empty then; for an uninstall.
    /// </summary>
    public void Leave()
    {
        IEnumerable<string> hierarchies = IsVersion2 ? [_mount] : Directory.EnumerateDirectories(_mount);
        foreach (string hierarchy in hierarchies)
        {
            if (TryRemove(hierarchy + _parent) && _parent.StartsWith(Root, StringComparison.Ordinal))
            {
                _ = TryRemove(hierarchy + Root);
            }
        }
    }

    private static bool TryRemove(string folder)
    {
        try
        {
            Directory.Delete(folder);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is not there, or somebody is in it: rmdir(2) takes nothing away from anybody.
            return false;
        }
    }

    /// <summary>
    /// Asks the kernel to freeze or thaw an instance (freezer of cgroup v1 or v2); false where it has no freezer.
    /// </summary>
    public bool SetFrozen(InstanceId instance, bool isFrozen)
    {
        string word = IsVersion2 ? isFrozen ? "1" : "0"
            : isFrozen ? "FROZEN" : "THAWED";
        try
        {
            using FileStream file = new(FreezerOf(instance), FileMode.Open, FileAccess.Write);
            file.Write(Encoding.ASCII.GetBytes(word));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The cgroup is gone, or the kernel cannot freeze it.
            return false;
        }
    }

    /// <summary>True when an instance is frozen or about to be.</summary>
    public bool IsFrozen(InstanceId instance)
    {
        try
        {
            return File.ReadAllText(FreezerOf(instance)).Trim() is "1" or "FROZEN" or "FREEZING";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The cgroup is gone, or the kernel cannot freeze it.
            return false;
        }
    }

    private string FreezerOf(InstanceId instance) => IsVersion2
        ? $"{_mount}{PathOf(instance)}/cgroup.freeze"
        : $"{_mount}/freezer{PathOf(instance)}/freezer.state";

    /// <summary>True when the kernel killed a process of this cgroup for want of memory.</summary>
    public bool WasOutOfMemory(InstanceId instance)
    {
        string file = IsVersion2
            ? $"{_mount}{PathOf(instance)}/memory.events"
            : $"{_mount}/memory{PathOf(instance)}/memory.oom_control";
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

    /// <summary>
    /// Memory of an instance's cgroup, less file pages that were not used lately: the kernel drops those first, so they
    /// say nothing about what the instance needs. In bytes; 0 where it cannot be read.
    /// </summary>
    public long MemoryOf(InstanceId instance)
    {
        string folder = IsVersion2 ? $"{_mount}{PathOf(instance)}" : $"{_mount}/memory{PathOf(instance)}";
        long all = NumberIn($"{folder}/memory.{(IsVersion2 ? "current" : "usage_in_bytes")}", "");
        long idle = NumberIn($"{folder}/memory.stat", IsVersion2 ? "inactive_file " : "total_inactive_file ");
        return Math.Max(0, all - idle);
    }

    /// <summary>
    /// The number that follows <paramref name="name"/> at the start of a line, in the first 8 KiB of a file of the
    /// kernel; 0 where there is none. Read every other second: nothing is allocated but the handle.
    /// </summary>
    public static long NumberIn(string file, string name)
    {
        Span<byte> text = stackalloc byte[FiguresBytesMax];
        Span<byte> wanted = stackalloc byte[FigureNameMax];
        Check.That(name.Length <= FigureNameMax);
        wanted = wanted[..Encoding.ASCII.GetBytes(name, wanted)];
        ReadOnlySpan<byte> left = text[..Filled(file, text)];
        while (!left.IsEmpty)
        {
            int end = left.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? left : left[..end];
            left = end < 0 ? [] : left[(end + 1)..];
            if (line.StartsWith(wanted))
            {
                return Utf8Parser.TryParse(line[wanted.Length..].Trim(" \t"u8), out long number, out _)
                    ? Math.Max(0, number)
                    : 0;
            }
        }

        return 0;
    }

    private static int Filled(string file, Span<byte> text)
    {
        try
        {
            using SafeFileHandle handle = File.OpenHandle(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            int filled = 0;
            while (filled < text.Length && RandomAccess.Read(handle, text[filled..], filled) is > 0 and int read)
            {
                filled += read;
            }

            return filled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or the kernel does not count.
            return 0;
        }
    }
}
