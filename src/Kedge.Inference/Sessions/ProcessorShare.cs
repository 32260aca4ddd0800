using System.Globalization;

namespace Kedge.Inference.Sessions;

/// <summary>
/// What this process may use of the machine's processors. Problem: a runtime that counts the machine's processors makes
/// as many threads, whatever the process may use; those beyond its processors or its quota only wait for each other.
/// Approach: read what the kernel says of this process: the processors that its threads may run on (<c>proc(5)</c>,
/// <c>Cpus_allowed_list</c>), and the smallest quota of its control group and of those above it, as far as they are
/// seen (cgroup v2 <c>cpu.max</c>, v1 <c>cpu.cfs_quota_us</c>). What cannot be read does not bound.
/// </summary>
/// <param name="Processors">Processors that its threads may run on, 1 or more; 0 when unknown.</param>
/// <param name="QuotaMilli">Thousandths of a processor that it may use at once; 0 for no limit.</param>
public readonly record struct ProcessorShare(int Processors, int QuotaMilli)
{
    private const string Unlimited = "max";

    /// <summary>
    /// Threads that can compute at once: whole processors of the share, at least one; 0 when unknown.
    /// </summary>
    public int Threads
    {
        get
        {
            int quota = QuotaMilli == 0 ? int.MaxValue : Math.Max(1, QuotaMilli / 1000);
            return Processors == 0 ? (QuotaMilli == 0 ? 0 : quota) : Math.Min(Processors, quota);
        }
    }

    /// <summary>Reads it.</summary>
    /// <param name="read">Gives the text of a file of <c>/proc</c> and <c>/sys</c>; null where there is none.</param>
    public static ProcessorShare Read(Func<string, string?> read)
    {
        int processors = CountAllowed(Field(read("/proc/self/status") ?? "", "Cpus_allowed_list:"));
        string groups = read("/proc/self/cgroup") ?? "";
        double quota = double.PositiveInfinity;
        foreach (string line in Lines(read("/proc/self/mountinfo") ?? ""))
        {
            if (Mount.Of(line) is { } mount && PathIn(groups, mount.IsSecond) is { } path)
            {
                quota = Math.Min(quota, Smallest(read, mount, path));
            }
        }

        return new ProcessorShare(processors, double.IsInfinity(quota) ? 0 : (int)Math.Max(1, quota * 1000));
    }

    /// <summary>How many processors a list as <c>0-3,8,10-11</c> names; 0 when it is none.</summary>
    internal static int CountAllowed(string list)
    {
        int count = 0;
        foreach (string part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = part.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
                || last < first)
            {
                return 0;
            }

            count += last - first + 1;
        }

        return count;
    }

    /// <summary>The smallest quota from the group at a path up to the one that is mounted.</summary>
    private static double Smallest(Func<string, string?> read, Mount mount, string path)
    {
        double smallest = double.PositiveInfinity;
        for (string below = mount.Below(path); ; below = below[..below.LastIndexOf('/')])
        {
            smallest = Math.Min(smallest, mount.IsSecond
                ? Second(read($"{mount.Folder}{below}/cpu.max"))
                : First(
                    read($"{mount.Folder}{below}/cpu.cfs_quota_us"), read($"{mount.Folder}{below}/cpu.cfs_period_us")));
            if (below.Length == 0)
            {
                return smallest;
            }
        }
    }

    private static double Second(string? text) =>
        text?.Trim().Split(' ') is [{ } quota, { } period] && quota != Unlimited
        ? Ratio(quota, period)
        : double.PositiveInfinity;

    private static double First(string? quota, string? period) => Ratio(quota?.Trim() ?? "", period?.Trim() ?? "");

    private static double Ratio(string quota, string period) =>
        long.TryParse(quota, NumberStyles.None, CultureInfo.InvariantCulture, out long part)
        && long.TryParse(period, NumberStyles.None, CultureInfo.InvariantCulture, out long whole)
        && part > 0
        && whole > 0
            ? (double)part / whole
            : double.PositiveInfinity;

    /// <summary>Where this process is in the hierarchy that counts processor time (<c>cgroups(7)</c>).</summary>
    private static string? PathIn(string groups, bool isSecond)
    {
        foreach (string line in Lines(groups))
        {
            if (line.Split(':', 3) is [{ } number, { } controllers, { } path]
                && (isSecond ? number == "0" && controllers.Length == 0 : controllers.Split(',').Contains("cpu")))
            {
                return path;
            }
        }

        return null;
    }

    private static string Field(string text, string name) =>
        Lines(text).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim()
            ?? "";

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>A mounted hierarchy of control groups that may count processor time.</summary>
    private readonly record struct Mount(string Root, string Folder, bool IsSecond)
    {
        /// <summary>Reads a line of <c>proc(5)</c>, mountinfo; null for any other file system.</summary>
        internal static Mount? Of(string line)
        {
            int split = line.IndexOf(" - ", StringComparison.Ordinal);
            string[] before = line.Split(' ');
            if (split < 0 || before.Length < 6)
            {
                return null;
            }

            string[] after = line[(split + 3)..].Split(' ');
            bool isFirst = after is ["cgroup", _, { } options] && options.Split(',').Contains("cpu");
            return isFirst || after[0] == "cgroup2" ? new Mount(before[3], before[4], !isFirst) : null;
        }

        /// <summary>
        /// A path of the hierarchy as it is seen below the mounted folder; empty for the mounted group itself, which
        /// stands for all that lie outside.
        /// </summary>
        internal string Below(string path)
        {
            string root = Root == "/" ? "" : Root;
            return path.StartsWith(root + "/", StringComparison.Ordinal)
                && !path.Contains("/..", StringComparison.Ordinal)
                ? path[root.Length..].TrimEnd('/')
                : "";
        }
    }
}
