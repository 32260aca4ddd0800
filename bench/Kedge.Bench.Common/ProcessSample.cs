using System.Globalization;

namespace Kedge.Bench.Common;

/// <summary>What the kernel says of a process now.</summary>
/// <param name="RssMb">Resident memory, 2^20 bytes.</param>
/// <param name="PssMb">Proportional memory, 2^20 bytes.</param>
/// <param name="CpuSeconds">Processor time since its start, user and system.</param>
public sealed record ProcessSample(double RssMb, double PssMb, double CpuSeconds)
{
    // USER_HZ: 100 on every architecture that we build for.
    private const double TicksPerSecond = 100;

    public static ProcessSample Of(int pid)
    {
        string[] lines = File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/smaps_rollup"));
        string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));

        // The name in brackets may hold blanks; user and system time are the 12th and 13th word after it.
        string[] words = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        double ticks = Number(words[11]) + Number(words[12]);
        return new ProcessSample(Field(lines, "Rss:"), Field(lines, "Pss:"), ticks / TicksPerSecond);
    }

    private static double Field(string[] lines, string name) => Number(
        lines.First(line => line.StartsWith(name, StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024;

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
