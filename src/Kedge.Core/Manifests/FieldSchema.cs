using System.Collections.Immutable;

namespace Kedge.Core.Manifests;

/// <summary>One field of a manifest: the check, the JSON Schema, the documentation and <c>kedge explain</c> all follow
/// from
/// this one description. Never compared as a record.</summary>
public sealed record FieldSchema
{
    /// <summary>Its name; empty for the items of a list.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of value it takes.</summary>
    public required FieldShape Shape { get; init; }

    /// <summary>One or two sentences for a person.</summary>
    public required string Description { get; init; }

    /// <summary>True when it must be given.</summary>
    public bool IsRequired { get; init; }

    /// <summary>What counts when it is not given, as it would be written; empty when there is nothing to say.</summary>
    public string Default { get; init; } = "";

    /// <summary>The words that it takes, for <see cref="FieldShape.Word"/>.</summary>
    public ImmutableArray<string> Words { get; init; } = [];

    /// <summary>Least value: of a number itself, of memory in bytes, of CPU in thousandths, of time in seconds, of a
    /// list or map
    /// in entries, of a text in characters.</summary>
    public long Min { get; init; }

    /// <summary>Greatest value, in the unit of <see cref="Min"/>; 0 when the shape says it all.</summary>
    public long Max { get; init; }

    /// <summary>Its fields, for <see cref="FieldShape.Object"/>.</summary>
    public ImmutableArray<FieldSchema> Fields { get; init; } = [];

    /// <summary>What each entry is, for <see cref="FieldShape.List"/>.</summary>
    public FieldSchema? Item { get; init; }

    /// <summary>The field of this name, or null.</summary>
    public FieldSchema? Find(string name) => Fields.FirstOrDefault(field => field.Name == name);

    internal static FieldSchema Group(string name, string description, params ImmutableArray<FieldSchema> fields) =>
        new() { Name = name, Shape = FieldShape.Object, Description = description, Fields = fields };

    internal static FieldSchema Of(string name, FieldShape shape, string description) =>
        new() { Name = name, Shape = shape, Description = description };

    internal FieldSchema Required() => this with { IsRequired = true };

    internal FieldSchema Within(long min, long max) => this with { Min = min, Max = max };

    internal FieldSchema ByDefault(string text) => this with { Default = text };
}
