using System.Globalization;

namespace Kedge.Inference.Tests.Serve;

/// <summary>What the kernel says of a process now.</summary>
/// <param name="Descriptors">Open descriptors, but for those of assemblies, which are opened when they are
/// needed.</param>
/// <param name="ResidentBytes">Resident memory.</param>
internal sealed record Vitals(int Descriptors, long ResidentBytes)
{
    public static Vitals Of(int pid)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        string line = File.ReadLines($"{folder}/status").First(
            line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        long kilobytes = long.Parse(
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return new Vitals(Targets(pid).Count(), kilobytes * 1024);
    }

    /// <summary>Waits until no more descriptors are open than there were, but for a few that come and go.</summary>
    public static void WaitForDescriptors(int pid, int descriptors)
    {
        const int Spare = 4;
        int now = 0;
        bool met = SpinWait.SpinUntil(
            () => (now = Of(pid).Descriptors) <= descriptors + Spare, TimeSpan.FromSeconds(30));
        Assert.True(met, $"{now} descriptors are open, there were {descriptors}: "
            + string.Join(
                ", ", Targets(pid).CountBy(static one => one).Select(static one => $"{one.Value} {one.Key}")));
    }

    private static IEnumerable<string> Targets(int pid) =>
        new DirectoryInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")).GetFileSystemInfos()
            .Select(static entry => entry.LinkTarget?.Split(':')[0] ?? "")
            .Where(static target => !target.EndsWith(".dll", StringComparison.Ordinal)
                && !target.EndsWith(".pdb", StringComparison.Ordinal));
}
