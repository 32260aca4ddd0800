using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text;
using Kedge.Core;

namespace Kedge.Store.Relational;

/// <summary>One numbered step of a schema. Steps only go up and are never edited once released.</summary>
/// <param name="Version">From 1, without gaps.</param>
/// <param name="Name">File name without the number.</param>
/// <param name="Sql">Its statements.</param>
internal sealed record Migration(int Version, string Name, string Sql)
{
    /// <summary>The steps of one database in their order, from the files compiled in.</summary>
    public static ImmutableArray<Migration> For(string database)
    {
        Assembly assembly = typeof(Migration).Assembly;
        string prefix = $"Kedge.Store.{database}.Migrations.";
        ImmutableArray<Migration> steps = [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => Read(assembly, name, name[prefix.Length..^".sql".Length]))
            .OrderBy(step => step.Version)];
        Check.That(steps.Length > 0);
        Check.That(steps[^1].Version == steps.Length);
        return steps;
    }

    private static Migration Read(Assembly assembly, string resource, string name)
    {
        using Stream? stream = assembly.GetManifestResourceStream(resource);
        Check.That(stream is not null);
        using StreamReader reader = new(stream, Encoding.UTF8);
        return new Migration(int.Parse(name.AsSpan(0, 4), CultureInfo.InvariantCulture), name[5..], reader.ReadToEnd());
    }
}
