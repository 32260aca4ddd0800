namespace Kedge.Bench.Common;

/// <summary><c>[--quick] [--json FILE]</c>, as every benchmark takes it.</summary>
public sealed record BenchArguments(bool IsQuick, string? JsonFile)
{
    /// <summary>Null when something else was given.</summary>
    public static BenchArguments? Parse(IReadOnlyList<string> args)
    {
        BenchArguments found = new(false, null);
        for (int index = 0; index < args.Count; index++)
        {
            if (args[index] == "--quick")
            {
                found = found with { IsQuick = true };
            }
            else if (args[index] == "--json" && index + 1 < args.Count)
            {
                found = found with { JsonFile = args[++index] };
            }
            else
            {
                return null;
            }
        }

        return found;
    }
}
