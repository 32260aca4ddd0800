using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs.Steps;

/// <summary>
/// model: runs a model of the package, the one of the name <c>model</c> or the package's own. Inputs are the model's in
/// the order that it declares, or in that of <c>inputNames</c>; outputs the same, by <c>outputNames</c>.
/// </summary>
internal sealed class ModelStep : GraphStep
{
    internal required string Model { get; init; }

    internal required ModelSignature ModelSignature { get; init; }

    /// <summary>For each input of the model, which of the step's it is.</summary>
    internal required int[] InputPlaces { get; init; }

    /// <summary>For each output of the step, which of the model's it is.</summary>
    internal required int[] OutputPlaces { get; init; }

    internal static GraphStep? Make(StepDraft draft)
    {
        string name = draft.Has("model") ? draft.Text("model") : GraphSpec.OwnModel;
        ImmutableArray<string> inputNames = draft.Texts("inputNames");
        ImmutableArray<string> outputNames = draft.Texts("outputNames");
        if (!draft.Parts.Models.TryGetValue(name, out ModelSignature? signature))
        {
            draft.Fault($"there is no model '{name}' in the package.", "model");
            return null;
        }

        int[]? inputs = Places(draft, signature.Inputs, inputNames, "input");
        int[]? outputs = Places(draft, signature.Outputs, outputNames, "output");
        if (inputs is null || outputs is null || !TryInputs(draft, signature, inputs))
        {
            return null;
        }

        foreach (int place in outputs)
        {
            TensorSpec output = signature.Outputs[place];
            draft.Declare(output.Type, output.Shape, output.HasShape);
        }

        return new ModelStep
        {
            Name = draft.Spec.Name,
            Inputs = draft.Slots,
            Outputs = draft.Outputs,
            Model = name,
            ModelSignature = signature,
            InputPlaces = [.. Enumerable.Range(0, inputs.Length).Select(place => Array.IndexOf(inputs, place))],
            OutputPlaces = outputs,
        };
    }

    /// <summary>A call of the model on the tensors of a run.</summary>
    internal InferenceCall MakeCall(Tensor[] tensors)
    {
        Tensor[] outputs = [.. ModelSignature.Outputs.Select(static _ => new Tensor())];
        for (int i = 0; i < OutputPlaces.Length; i++)
        {
            outputs[OutputPlaces[i]] = tensors[Outputs[i].Slot];
        }

        InferenceCall call = new(
            ModelSignature, [.. InputPlaces.Select(place => tensors[Inputs[place]])], [.. outputs]);
        foreach (int place in OutputPlaces)
        {
            call.TryWant(place, binary: true);
        }

        return call;
    }

    internal override Finding? Run(GraphRun run)
    {
        if (run.Call is not { } call)
        {
            throw Kedge.Core.Check.Unreachable(Name);
        }

        for (int i = 0; i < call.Inputs.Length; i++)
        {
            TensorSpec declared = ModelSignature.Inputs[i];
            if (declared.HasShape && !TensorShape.Accepts(declared.Shape.AsSpan(), call.Inputs[i].Shape))
            {
                return Fail($"'{declared.Name}' of model '{Model}' takes "
                    + $"{TensorShape.Describe(declared.Shape.AsSpan())}, not "
                    + $"{TensorShape.Describe(call.Inputs[i].Shape)}.");
            }
        }

        return run.Session.Model(Model).Run(call);
    }

    private static int[]? Places(
        StepDraft draft, ImmutableArray<TensorSpec> declared, ImmutableArray<string> names, string kind)
    {
        int given = kind == "input" ? draft.Inputs.Length : draft.Spec.Outputs.Length;
        int[] places = names.IsEmpty
            ? [.. Enumerable.Range(0, declared.Length)]
            : [.. names.Select(name => declared.IndexOf(declared.FirstOrDefault(one => one.Name == name)!))];
        if (places.Contains(-1) || places.Distinct().Count() != places.Length)
        {
            draft.Fault(
                $"must name each {kind} once; there are {string.Join(", ", declared.Select(static one => one.Name))}.",
                kind + "Names");
            return null;
        }

        if (places.Length != given || (kind == "input" && places.Length != declared.Length))
        {
            draft.Fault($"the model has {declared.Length} {kind}(s), the step gives {given}.", kind + "s");
            return null;
        }

        return places;
    }

    private static bool TryInputs(StepDraft draft, ModelSignature signature, int[] places)
    {
        for (int i = 0; i < places.Length; i++)
        {
            TensorSpec declared = signature.Inputs[places[i]];
            GraphValue given = draft.Inputs[i];
            bool fits = given.Type == declared.Type
                && (!given.HasShape || !declared.HasShape || MayFit(declared.Shape, given.Shape));
            if (!fits)
            {
                draft.Fault(
                    $"'{declared.Name}' takes {TensorTypes.Name(declared.Type)} "
                    + $"{TensorShape.Describe(declared.Shape.AsSpan())}, and {given} is not.",
                    "inputs");
            }
        }

        return draft.Holds;
    }

    private static bool MayFit(ImmutableArray<long> declared, ImmutableArray<long> given) =>
        declared.Length == given.Length
        && declared.Zip(given).All(static pair => pair.First < 0 || pair.Second < 0 || pair.First == pair.Second);
}
