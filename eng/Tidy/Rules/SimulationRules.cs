namespace Kedge.Tidy.Rules;

/// <summary>The simulation must replay from its seed: a socket or the machine's clock would let the world in.</summary>
public static class SimulationRules
{
    private static readonly string[] Banned =
    [
        "System.Net.Sockets", "HttpClient", "DateTime.UtcNow", "DateTimeOffset.UtcNow", "TimeProvider.System",
        "Random.Shared", "Guid.NewGuid",
    ];

    /// <summary>Judges one C# file of <c>tests/Kedge.Simulation</c>.</summary>
    public static IEnumerable<Offence> Judge(SourceFile file)
    {
        for (int index = 0; index < file.Lines.Count; index++)
        {
            foreach (string word in Banned)
            {
                if (file.Lines[index].Contains(word, StringComparison.Ordinal))
                {
                    yield return new Offence(
                        file.Path, index + 1, "simulation", word, 1,
                        $"the simulation uses {word}, which does not replay");
                }
            }
        }
    }
}
