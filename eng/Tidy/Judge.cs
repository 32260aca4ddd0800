using Kedge.Tidy.Rules;

namespace Kedge.Tidy;

/// <summary>Puts every file before the rules that concern it. Pure: files in, offences out.</summary>
/// <param name="references">Which project may refer to which, and which are pure.</param>
/// <param name="words">What must not be written.</param>
public sealed class Judge(ReferenceTable references, WordRules words)
{
    /// <summary>A judge with the lists that stand in <c>eng/Tidy</c> of a working tree.</summary>
    /// <param name="root">The root of the working tree.</param>
    public static Judge FromTree(string root) => new(
        new ReferenceTable(File.ReadAllText(Path.Combine(root, "eng/Tidy/references.txt"))),
        new WordRules(File.ReadAllText(Path.Combine(root, "eng/Tidy/words.txt"))));

    /// <summary>Everything out of order, file by file.</summary>
    public IReadOnlyList<Offence> All(Repository repository) => [.. repository.Files.SelectMany(Of)];

    private IEnumerable<Offence> Of(SourceFile file)
    {
        IEnumerable<Offence> offences = words.Judge(file);
        if (file.IsCSharp)
        {
            offences = offences.Concat(ShapeRules.Judge(file)).Concat(TypeRules.Judge(file));
            if (references.IsPure(file.Project))
            {
                offences = offences.Concat(PureRules.Judge(file));
            }

            if (file.Path.StartsWith("tests/Kedge.Simulation/", StringComparison.Ordinal))
            {
                offences = offences.Concat(SimulationRules.Judge(file));
            }
        }
        else if (file.Project.Length > 0 && file.Path.EndsWith(".csproj", StringComparison.Ordinal))
        {
            offences = offences.Concat(references.Judge(file));
        }

        return offences;
    }
}
