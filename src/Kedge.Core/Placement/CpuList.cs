using System.Collections.Immutable;
using System.Globalization;

namespace Kedge.Core.Placement;

/// <summary>The list format of cpuset(7): <c>0-1,3</c>.</summary>
public static class CpuList
{
    /// <summary>Highest processor number that is understood.</summary>
    public const int CpuMax = 4095;

    /// <summary>Parses a list; false for anything else, empty lists and falling ranges included.</summary>
    public static bool TryParse(string text, out ImmutableSortedSet<int> cpus)
    {
        cpus = [];
        ImmutableSortedSet<int>.Builder found = ImmutableSortedSet.CreateBuilder<int>();
        foreach (string part in text.Split(','))
        {
            int dash = part.IndexOf('-', StringComparison.Ordinal);
            string first = dash < 0 ? part : part[..dash];
            string last = dash < 0 ? part : part[(dash + 1)..];
            if (!TryNumber(first, out int from) || !TryNumber(last, out int to) || to < from)
            {
                return false;
            }

            for (int cpu = from; cpu <= to; cpu++)
            {
                found.Add(cpu);
            }
        }

        cpus = found.ToImmutable();
        return true;
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= CpuMax;
}
