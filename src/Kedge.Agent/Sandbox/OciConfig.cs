using System.Buffers;
using System.Text.Json;
using Kedge.Core.Deployments;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// The <c>config.json</c> of a sandbox (OCI Runtime Specification 1.0.2): own mount, pid, ipc, uts and cgroup
/// namespaces
/// and a network namespace with no interface; a read-only root of single library files; the model read-only; one small
/// folder to write; no capabilities; no new privileges; an unprivileged user; limits by cgroup.
/// </summary>
internal static class OciConfig
{
    /// <summary>User and group inside, which own nothing on the host.</summary>
    public const uint UserId = 65532;

    private const long FileBytesMax = 64L * 1024 * 1024;
    private const int OpenFilesMax = 4096;
    private const int CpuPeriodUs = 100_000;

    private static readonly string[] Namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"];

    private static readonly string[] Masked =
    [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    ];

    private static readonly string[] ReadOnly =
        ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    // Calls that a model server never makes and that have opened kernels before.
    private static readonly string[] Forbidden =
    [
        "acct", "add_key", "bpf", "clock_adjtime", "clock_settime", "create_module", "delete_module", "finit_module",
        "init_module", "ioperm", "iopl", "kexec_file_load", "kexec_load", "keyctl", "lookup_dcookie", "mount",
        "move_mount", "name_to_handle_at", "nfsservctl", "open_by_handle_at", "open_tree", "perf_event_open",
        "personality", "pivot_root", "process_vm_readv", "process_vm_writev", "ptrace", "query_module", "quotactl",
        "reboot", "request_key", "setns", "settimeofday", "swapoff", "swapon", "umount", "umount2", "unshare",
        "userfaultfd", "vm86", "vm86old", "fsopen", "fsmount", "fsconfig", "fspick", "io_uring_setup",
    ];

    /// <summary>Writes the configuration.</summary>
    public static byte[] Write(OciRequest request)
    {
        ArrayBufferWriter<byte> buffer = new(8192);
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion", "1.0.2");
            WriteProcess(json, request);
            json.WriteStartObject("root");
            json.WriteString("path", "root");
            json.WriteBoolean("readonly", true);
            json.WriteEndObject();
            json.WriteString("hostname", "kedge");
            WriteMounts(json, request);
            WriteLinux(json, request);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteProcess(Utf8JsonWriter json, OciRequest request)
    {
        json.WriteStartObject("process");
        json.WriteBoolean("terminal", false);
        json.WriteStartObject("user");
        json.WriteNumber("uid", UserId);
        json.WriteNumber("gid", UserId);
        json.WriteEndObject();
        WriteStrings(json, "args", request.Arguments);
        WriteStrings(json, "env", request.Environment);
        json.WriteString("cwd", "/");
        json.WriteStartObject("capabilities");
        foreach (string set in (string[])["bounding", "effective", "inheritable", "permitted", "ambient"])
        {
            WriteStrings(json, set, []);
        }

        json.WriteEndObject();
        json.WriteBoolean("noNewPrivileges", true);
        if (request.AppArmorProfile.Length > 0)
        {
            json.WriteString("apparmorProfile", request.AppArmorProfile);
        }

        // Not the agent's own, which the kernel spares: when the machine runs out of memory, models go first.
        json.WriteNumber("oomScoreAdj", 0);
        json.WriteStartArray("rlimits");
        WriteLimit(json, "RLIMIT_NOFILE", OpenFilesMax);
        WriteLimit(json, "RLIMIT_FSIZE", FileBytesMax);
        WriteLimit(json, "RLIMIT_CORE", 0);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMounts(Utf8JsonWriter json, OciRequest request)
    {
        json.WriteStartArray("mounts");
        WriteMount(json, "/proc", "proc", "proc", []);
        WriteMount(json, "/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=64k"]);
        WriteMount(json, "/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]);
        WriteMount(json, "/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]);
        WriteMount(json, "/tmp", "tmpfs", "tmpfs", ["nosuid", "nodev", "noexec", "mode=1777", "size=16m"]);
        foreach (BindMount mount in request.ReadOnlyFiles)
        {
            WriteMount(json, mount.Target, "bind", mount.Source, ["bind", "ro", "nosuid", "nodev"]);
        }

        WriteMount(
            json, OciRequest.SharedInside, "bind", request.SharedFolder, ["bind", "rw", "nosuid", "nodev", "noexec"]);
        json.WriteEndArray();
    }

    private static void WriteLinux(Utf8JsonWriter json, OciRequest request)
    {
        json.WriteStartObject("linux");
        json.WriteString("cgroupsPath", request.CgroupPath);
        json.WriteStartArray("namespaces");
        foreach (string name in Namespaces)
        {
            json.WriteStartObject();
            json.WriteString("type", name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteResources(json, request.Resources, request.CpuSet);
        WriteStrings(json, "maskedPaths", Masked);
        WriteStrings(json, "readonlyPaths", ReadOnly);
        json.WriteStartObject("seccomp");
        json.WriteString("defaultAction", "SCMP_ACT_ALLOW");
        json.WriteStartArray("syscalls");
        json.WriteStartObject();
        WriteStrings(json, "names", Forbidden);
        json.WriteString("action", "SCMP_ACT_ERRNO");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteResources(Utf8JsonWriter json, ResourceSpec resources, string cpuSet)
    {
        json.WriteStartObject("resources");
        json.WriteStartArray("devices");
        json.WriteStartObject();
        json.WriteBoolean("allow", false);
        json.WriteString("access", "rwm");
        json.WriteEndObject();
        json.WriteEndArray();
        if (resources.MemoryLimitBytes > 0)
        {
            json.WriteStartObject("memory");
            json.WriteNumber("limit", resources.MemoryLimitBytes);
            json.WriteEndObject();
        }

        json.WriteStartObject("cpu");
        if (resources.CpuLimitMilli > 0)
        {
            json.WriteNumber("quota", (long)resources.CpuLimitMilli * CpuPeriodUs / 1000);
            json.WriteNumber("period", CpuPeriodUs);
        }

        if (cpuSet.Length > 0)
        {
            json.WriteString("cpus", cpuSet);
        }

        json.WriteEndObject();
        if (resources.PidsLimit > 0)
        {
            json.WriteStartObject("pids");
            json.WriteNumber("limit", resources.PidsLimit);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteMount(
        Utf8JsonWriter json, string destination, string type, string source, IEnumerable<string> options)
    {
        json.WriteStartObject();
        json.WriteString("destination", destination);
        json.WriteString("type", type);
        json.WriteString("source", source);
        WriteStrings(json, "options", options);
        json.WriteEndObject();
    }

    private static void WriteLimit(Utf8JsonWriter json, string type, long value)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteNumber("soft", value);
        json.WriteNumber("hard", value);
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
