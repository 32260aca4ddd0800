using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs;

/// <summary>
/// Problem: a package says what goes in and out, and a file in it says how that comes about; a device that finds out
/// that they do not fit has fetched the whole for nothing. Approach: the manifest declares what every model of the
/// graph takes and gives, so that the graph can be planned from the manifest, the graph file and the labels alone.
/// Asked when a package is pushed and when the server takes it in; the model server plans with the real models. It
/// deliberately does not look into models: that they are what is declared is for the gate, which reads them, and for
/// the device.
/// </summary>
public static class PackageGraphCheck
{
    private static readonly ImmutableDictionary<string, ImmutableArray<ImmutableArray<byte>>> NoLabels =
        ImmutableDictionary.Create<string, ImmutableArray<ImmutableArray<byte>>>(StringComparer.Ordinal);

    /// <summary>Everything that does not fit; empty when nothing is wrong or there is no graph.</summary>
    /// <param name="manifest">A manifest without findings of its own.</param>
    /// <param name="read">Reads a file of the first variant by its path; empty for what cannot be read.</param>
    public static ImmutableArray<Finding> Findings(
        PackageManifest manifest, Func<string, ReadOnlyMemory<byte>> read)
    {
        ImmutableArray<Finding>.Builder found = ImmutableArray.CreateBuilder<Finding>();
        if (manifest.Labels.Length > 0)
        {
            _ = ReadLabels([manifest.Labels], read, found);
        }

        if (manifest.Graph is { } graph)
        {
            if (GraphSpec.TryParse(read(graph.Path).Span, out GraphSpec? spec, out ImmutableArray<Finding> unreadable))
            {
                Fit(manifest, graph, spec, read, found);
            }

            found.AddRange(unreadable);
        }

        return found.DrainToImmutable();
    }

    /// <summary>Plans a graph from what its models declare; false with everything that is wrong.</summary>
    /// <param name="spec">The graph.</param>
    /// <param name="members">Its models, the package's own first.</param>
    /// <param name="labels">Its labels by file.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="findings">Everything that is wrong.</param>
    public static bool TryPlan(
        GraphSpec spec,
        ImmutableArray<GraphMember> members,
        ImmutableDictionary<string, ImmutableArray<ImmutableArray<byte>>> labels,
        [NotNullWhen(true)] out GraphPlan? plan,
        out ImmutableArray<Finding> findings)
    {
        // One open axis is also how a manifest writes that the number of axes is open: either may be meant.
        bool holds = TryPlan(spec, members, (labels, true), out plan, out findings);
        return holds
            || (members.Any(HasOneOpenAxis)
                && TryPlan(spec, members, (labels, false), out plan, out _));
    }

    /// <summary>Tensors as a manifest declares them.</summary>
    public static ImmutableArray<TensorDeclaration> Declare(ImmutableArray<TensorSpec> tensors) =>
    [
        .. tensors.Select(static tensor => new TensorDeclaration
        {
            Name = tensor.Name,
            Datatype = TensorTypes.Name(tensor.Type),
            Shape = tensor.HasShape ? tensor.Shape : [-1],
        }),
    ];

    /// <summary>Reads files of labels; those that are none are told and left out.</summary>
    public static ImmutableDictionary<string, ImmutableArray<ImmutableArray<byte>>> ReadLabels(
        IEnumerable<string> files,
        Func<string, ReadOnlyMemory<byte>> read,
        ImmutableArray<Finding>.Builder found)
    {
        ImmutableDictionary<string, ImmutableArray<ImmutableArray<byte>>> labels = NoLabels;
        foreach (string file in files)
        {
            if (!GraphSpec.IsFileName(file))
            {
                found.Add(GraphErrors.PartAbsent.At($"'{file}' is no name of a file.", "labels"));
            }
            else if (GraphParts.TryReadLabels(
                read(file).Span, out ImmutableArray<ImmutableArray<byte>> lines, out Finding? fault))
            {
                labels = labels.SetItem(file, lines);
            }
            else
            {
                found.Add(fault with { Message = $"{file}: {fault.Message}", Field = "labels" });
            }
        }

        return labels;
    }

    private static void Fit(
        PackageManifest manifest,
        PackageGraph graph,
        GraphSpec spec,
        Func<string, ReadOnlyMemory<byte>> read,
        ImmutableArray<Finding>.Builder found)
    {
        if (spec.DecodesImages != graph.DecodesImages)
        {
            found.Add(ModelErrors.GraphMismatch.At(
                $"The graph decodes {(spec.DecodesImages ? "" : "no ")}images.", "graph.decodesImages"));
        }

        IEnumerable<(string, string)> files = spec.Models.Select(static model => (model.Name, model.File));
        if (!graph.Members.Skip(1).Select(static member => (member.Name, member.Path)).SequenceEqual(files))
        {
            found.Add(ModelErrors.GraphMismatch.At(
                $"The graph names the models {string.Join(", ", files)}.", "graph.members"));
        }

        int before = found.Count;
        ImmutableDictionary<string, ImmutableArray<ImmutableArray<byte>>> labels =
            ReadLabels(spec.LabelFiles, read, found);
        if (found.Count > before)
        {
            return;
        }

        if (!TryPlan(spec, graph.Members, labels, out GraphPlan? plan, out ImmutableArray<Finding> wrong))
        {
            found.AddRange(wrong);
            return;
        }

        Same(manifest.Inputs, Declare(plan.Signature.Inputs), "inputs", found);
        Same(manifest.Outputs, Declare(plan.Signature.Outputs), "outputs", found);
    }

    private static void Same(
        ImmutableArray<TensorDeclaration> said,
        ImmutableArray<TensorDeclaration> made,
        string field,
        ImmutableArray<Finding>.Builder found)
    {
        bool isSame = said.Length == made.Length && said.Zip(made).All(static pair =>
            pair.First.Name == pair.Second.Name
            && pair.First.Datatype == pair.Second.Datatype
            && pair.First.Shape.AsSpan().SequenceEqual(pair.Second.Shape.AsSpan()));
        if (!isSame)
        {
            found.Add(ModelErrors.GraphMismatch.At(
                $"The {field} of the graph are {string.Join("; ", made.Select(Text))}.", field));
        }
    }

    private static string Text(TensorDeclaration tensor) =>
        $"{tensor.Name} {tensor.Datatype} [{string.Join(", ", tensor.Shape)}]";

    private static bool TryPlan(
        GraphSpec spec,
        ImmutableArray<GraphMember> members,
        (ImmutableDictionary<string, ImmutableArray<ImmutableArray<byte>>> Labels, bool IsRankOpen) terms,
        [NotNullWhen(true)] out GraphPlan? plan,
        out ImmutableArray<Finding> findings)
    {
        Dictionary<string, ModelSignature> models = new(StringComparer.Ordinal);
        ImmutableArray<Finding>.Builder found = ImmutableArray.CreateBuilder<Finding>();
        foreach (GraphMember member in members)
        {
            ModelSignature signature = new(
                Specs(member.Inputs, terms.IsRankOpen), Specs(member.Outputs, terms.IsRankOpen));
            if (!models.TryAdd(member.Name, signature))
            {
                found.Add(GraphErrors.Unreadable.At($"There are two models '{member.Name}'.", "models"));
            }
        }

        GraphParts parts = new()
        {
            Models = models.ToImmutableDictionary(StringComparer.Ordinal),
            Labels = terms.Labels,
        };
        if (!GraphPlan.TryMake(spec, parts, out plan, out findings))
        {
            findings = [.. found, .. findings];
            return false;
        }

        foreach (GraphMember idle in members.Where(member => !Runs(spec, member.Name)))
        {
            found.Add(GraphErrors.StepInvalid.At($"No step runs the model '{idle.Name}'.", "models"));
        }

        findings = found.DrainToImmutable();
        plan = findings.IsEmpty ? plan : null;
        return plan is not null;
    }

    private static bool Runs(GraphSpec spec, string name) => spec.Steps.Any(step => step.Op == GraphOps.Model
        && (step.Parameters.TryGetValue("model", out var said) ? said.ToString() : GraphSpec.OwnModel) == name);

    private static bool HasOneOpenAxis(GraphMember member) =>
        member.Inputs.Concat(member.Outputs).Any(static tensor => tensor.Shape is [-1]);

    private static ImmutableArray<TensorSpec> Specs(ImmutableArray<TensorDeclaration> tensors, bool isRankOpen) =>
    [
        .. tensors.Select(tensor => new TensorSpec(
            tensor.Name,
            TensorTypes.Parse(Encoding.UTF8.GetBytes(tensor.Datatype)),
            tensor.Shape,
            HasShape: !isRankOpen || tensor.Shape is not [-1])),
    ];
}
