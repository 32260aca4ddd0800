using System.Collections.Immutable;

namespace Kedge.Core.Models;

/// <summary>
/// What a package computes around its models: a graph file among the files of every variant, and what the models that
/// it runs take and give, so that whoever has the manifest and the graph file can check that they fit without a
/// runtime. The inputs and outputs of the package are then those of the graph. Never compared as a record.
/// </summary>
public sealed record PackageGraph
{
    /// <summary>The one kind of graph file that this version knows.</summary>
    public const string MediaTypeKnown = "application/vnd.kedge.graph.v1+json";

    /// <summary>The name by which a graph calls the model of the variant.</summary>
    public const string OwnMember = "model";

    /// <summary>Path of the graph file, the same file in every variant.</summary>
    public required string Path { get; init; }

    /// <summary>What kind of file it is.</summary>
    public string MediaType { get; init; } = MediaTypeKnown;

    /// <summary>True where it decodes images, so that a device needs the libraries for that.</summary>
    public required bool DecodesImages { get; init; }

    /// <summary>The models that it runs, the variant's own first; at most
    /// <see cref="ModelLimits.GraphMembersMax"/>.</summary>
    public required ImmutableArray<GraphMember> Members { get; init; }
}

/// <summary>A model that a graph runs. Never compared as a record.</summary>
public sealed record GraphMember
{
    /// <summary>Its name in the graph.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Path of its file, one of every variant's, whose ending says its format; empty for the variant's own model.
    /// </summary>
    public string Path { get; init; } = "";

    /// <summary>Tensors that it takes.</summary>
    public required ImmutableArray<TensorDeclaration> Inputs { get; init; }

    /// <summary>Tensors that it gives.</summary>
    public required ImmutableArray<TensorDeclaration> Outputs { get; init; }
}
