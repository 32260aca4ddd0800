using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Kedge.Agent.Inventory;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Native;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Finds the first OCI runtime that really works here: it starts a sandbox of the shape that workloads get, with
/// limits,
/// and reads the limits back from outside.
/// </summary>
internal static class SandboxTest
{
    private const long MemoryBytes = 64L * 1024 * 1024;
    private static readonly string[] Folders =
        ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    /// <summary>Runs the test; the launcher is null when no runtime passed.</summary>
    public static (SandboxFacts Facts, OciLauncher? Launcher) Run(SupervisorOptions options)
    {
        string device = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(options.RunFolder)))[..8];
        StringBuilder failures = new();
        Cgroups cgroups = Cgroups.Find(device);
        foreach (string name in options.Runtimes)
        {
            if (Locate(name) is not string path)
            {
                failures.Append(CultureInfo.InvariantCulture, $"{name} is not installed; ");
                continue;
            }

            OciLauncher launcher = new(options, path, cgroups, device);
            string? version = options.RemembersTest ? PassedTest.VersionOf(options, path) : null;
            if (version is null && Try(options, launcher) is string why)
            {
                failures.Append(CultureInfo.InvariantCulture, $"{name}: {why}; ");
                continue;
            }

            version ??= Passed(options, path);
            return (new SandboxFacts(version, null, Missing(), RuntimeOf(options)), launcher);
        }

        Problem problem = new(SandboxErrors.NoRuntime.Code, failures.ToString().TrimEnd(' ', ';'));
        return (new SandboxFacts(
            "", problem, ["no sandbox: workloads wait, or run bare where allowed"], RuntimeOf(options)), null);
    }

    private static string Passed(SupervisorOptions options, string runtime)
    {
        string version = VersionOf(runtime);
        PassedTest.Remember(options, runtime, version);
        return version;
    }

    private static string? Try(SupervisorOptions options, OciLauncher launcher)
    {
        InstancePaths paths = new(options.RunFolder, new InstanceId(new DeploymentId("self-test"), 1));
        try
        {
            launcher.Remove(paths);
            Directory.CreateDirectory(paths.Shared);
            string profile = AppArmor.Loaded();
            string sleep = Locate("sleep") ?? throw new IOException("sleep is not installed");
            (int pid, Problem? problem) = launcher.Run(paths, new OciRequest
            {
                Arguments = ["/kedge/sleep", "30"],
                Environment = ["PATH=/", $"LD_LIBRARY_PATH={HostLibraries.Inside}"],
                ReadOnlyFiles = [.. HostLibraries.Find(), new BindMount(sleep, "/kedge/sleep")],
                SharedFolder = paths.Shared,
                CgroupPath = launcher.CgroupOf(paths),
                Resources = new ResourceSpec { MemoryLimitBytes = MemoryBytes, CpuLimitMilli = 500, PidsLimit = 16 },
                CpuSet = "0",
                AppArmorProfile = profile,
            });
            return problem?.Message ?? ReadBack(pid, profile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
        finally
        {
            launcher.Remove(paths);
            if (Directory.Exists(paths.Folder))
            {
                Directory.Delete(paths.Folder, recursive: true);
            }
        }
    }

    private static string? ReadBack(int pid, string profile)
    {
        string root = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        string limit = CgroupFile(root, "memory", "memory.limit_in_bytes", "memory.max");
        string pids = CgroupFile(root, "pids", "pids.max", "pids.max");
        string status = File.ReadAllText($"{root}/status");
        return limit != MemoryBytes.ToString(CultureInfo.InvariantCulture) ? $"the memory limit reads {limit}"
            : pids != "16" ? $"the limit of processes reads {pids}"
            : !status.Contains("NoNewPrivs:\t1", StringComparison.Ordinal) ? "new privileges can be gained"
            : !status.Contains("CapEff:\t0000000000000000", StringComparison.Ordinal) ? "capabilities are left"
            : profile.Length > 0 && !AppArmor.Confines(pid) ? $"AppArmor's profile {profile} does not confine it"
            : null;
    }

    private static string CgroupFile(string process, string controller, string version1, string version2)
    {
        foreach (string line in File.ReadLines($"{process}/cgroup"))
        {
            string[] parts = line.Split(':', 3);
            if (parts[1].Split(',').Contains(controller))
            {
                return File.ReadAllText($"/sys/fs/cgroup/{controller}{parts[2]}/{version1}").Trim();
            }
        }

        string unified = File.ReadLines($"{process}/cgroup")
            .First(l => l.StartsWith("0::", StringComparison.Ordinal))[3..];
        return File.ReadAllText($"/sys/fs/cgroup{unified}/{version2}").Trim();
    }

    private static System.Collections.Immutable.ImmutableArray<string> Missing()
    {
        string modules = File.Exists("/sys/kernel/security/lsm") ? File.ReadAllText("/sys/kernel/security/lsm") : "";
        return modules.Contains("apparmor", StringComparison.Ordinal)
            ? AppArmor.Loaded().Length > 0 ? [] : [$"AppArmor is active without the profile {AppArmor.Profile}"]
            : modules.Contains("selinux", StringComparison.Ordinal) ? []
            : ["no mandatory access control: neither AppArmor nor SELinux is active"];
    }

    private static string VersionOf(string runtime)
    {
        string output = Path.GetTempFileName();
        try
        {
            using ChildProcess child = ChildProcess.Start(new SpawnSpec
            {
                Program = runtime,
                Arguments = ["--version"],
                Environment = ["LC_ALL=C"],
                OutputFile = output,
            });
            _ = Polling.WaitReadable(child.ExitDescriptor, AgentLimits.SandboxDeadline);
            _ = child.TryCollect();
            string first = File.ReadLines(output).FirstOrDefault() ?? Path.GetFileName(runtime);
            return first.Replace(" version ", " ", StringComparison.Ordinal).Split('+')[0];
        }
        finally
        {
            File.Delete(output);
        }
    }

    /// <summary>
    /// Preflight results hold for this server and this library on this processor: kernels are chosen by what it can.
    /// </summary>
    private static string RuntimeOf(SupervisorOptions options)
    {
        FileInfo serve = new(PortableServe.Find(options.ServeProgram)?.Code ?? options.ServeProgram);
        FileInfo library = new(options.RuntimeLibrary);
        InventoryTree tree = new(options.Sensors);
        CpuListing listing = CpuListing.Parse(tree.Listing("proc/cpuinfo"));
        string processor =
            $"{ProcessorReader.Model(listing, tree)} {string.Join(' ', ProcessorReader.IsaFeatures(listing))}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Size(serve)}.{Size(library)}.{RuntimeInformation.ProcessArchitecture}.")
            + Digest.Of(Encoding.UTF8.GetBytes(processor)).Short;
        static long Size(FileInfo file) => file.Exists ? file.Length ^ file.LastWriteTimeUtc.Ticks : 0;
    }

    private static string? Locate(string program) => program.StartsWith('/')
        ? File.Exists(program) ? program : null
        : Folders.Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists);
}
