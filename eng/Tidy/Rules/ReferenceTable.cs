using System.Xml.Linq;

namespace Kedge.Tidy.Rules;

/// <summary>
/// Which project may refer to which: the table of <c>eng/Tidy/references.txt</c>, the same as in ARCHITECTURE.md. A
/// project
/// under <c>src/</c> that is not in it offends too, so that a new one is a decision and not an accident.
/// </summary>
public sealed class ReferenceTable
{
    private readonly Dictionary<string, (bool IsPure, HashSet<string> Allowed)> _rows = new(StringComparer.Ordinal);

    /// <summary>Reads the table: <c>pure|shell PROJECT: PROJECT...</c> on each line.</summary>
    /// <param name="table">The text; lines that begin with <c>#</c> are comments.</param>
    /// <exception cref="FormatException">A line has another form.</exception>
    public ReferenceTable(string table)
    {
        foreach (string line in table.Split('\n').Select(line => line.Trim()))
        {
            if (line.Length == 0 || line.StartsWith('#'))
            {
                continue;
            }

            string[] halves = line.Split(':');
            string[] head = halves[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (halves.Length != 2 || head is not ["pure" or "shell", _])
            {
                throw new FormatException($"references.txt: '{line}' is not 'pure|shell PROJECT: PROJECT...'");
            }

            string[] allowed = halves[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            _rows[head[1]] = (head[0] == "pure", new HashSet<string>(allowed, StringComparer.Ordinal));
        }
    }

    /// <summary>The projects in the table.</summary>
    public IReadOnlyCollection<string> Projects => _rows.Keys;

    /// <summary>True for a project that decides and does not act.</summary>
    /// <param name="project">Name of a folder under <c>src/</c>.</param>
    public bool IsPure(string project) => _rows.TryGetValue(project, out var row) && row.IsPure;

    /// <summary>Judges one project file under <c>src/</c>.</summary>
    public IEnumerable<Offence> Judge(SourceFile file)
    {
        if (!_rows.TryGetValue(file.Project, out var row))
        {
            yield return new Offence(
                file.Path, 0, "reference", file.Project, 1,
                $"project {file.Project} is not in eng/Tidy/references.txt");
            yield break;
        }

        XElement project = XDocument.Parse(file.Text).Root!; // Parse throws when there is no root
        foreach (XElement item in project.Descendants("ProjectReference").Where(item => !IsAnalyzer(item)))
        {
            string name = Path.GetFileNameWithoutExtension(Attribute(item, "Include").Replace('\\', '/'));
            if (!row.Allowed.Contains(name))
            {
                yield return new Offence(
                    file.Path, 0, "reference", name, 1,
                    $"{file.Project} must not refer to {name}: see eng/Tidy/references.txt");
            }
        }

        if (row.IsPure)
        {
            foreach (XElement item in project.Descendants().Where(IsLibrary))
            {
                string name = Attribute(item, "Include");
                yield return new Offence(
                    file.Path, 0, "reference", name, 1, $"{file.Project} is pure and must not use the package {name}");
            }
        }
    }

    private static bool IsAnalyzer(XElement item) => Attribute(item, "OutputItemType") == "Analyzer";

    private static bool IsLibrary(XElement item) =>
        item.Name.LocalName == "FrameworkReference"
        || (item.Name.LocalName == "PackageReference" && Attribute(item, "PrivateAssets") != "all");

    private static string Attribute(XElement item, string name) => item.Attribute(name)?.Value ?? "";
}
