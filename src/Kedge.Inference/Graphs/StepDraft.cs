using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs;

/// <summary>
/// A step while it is checked: what it reads, what it says, what was found wrong. Reading a parameter checks it; those
/// that nobody read are unknown.
/// </summary>
internal sealed class StepDraft
{
    private readonly HashSet<string> _read = [];
    private readonly List<GraphValue> _outputs = [];
    private readonly ImmutableArray<Finding>.Builder _findings;
    private readonly int _slotsBefore;
    private readonly int _findingsBefore;

    internal StepDraft(
        GraphStepSpec spec,
        ImmutableArray<GraphValue> inputs,
        GraphParts parts,
        int slotsBefore,
        ImmutableArray<Finding>.Builder findings)
    {
        Spec = spec;
        Inputs = inputs;
        Parts = parts;
        _slotsBefore = slotsBefore;
        _findings = findings;
        _findingsBefore = findings.Count;
    }

    internal GraphStepSpec Spec { get; }

    /// <summary>What it reads.</summary>
    internal ImmutableArray<GraphValue> Inputs { get; }

    /// <summary>Models and labels that it may name.</summary>
    internal GraphParts Parts { get; }

    /// <summary>Slots that it reads, for the step.</summary>
    internal int[] Slots => [.. Inputs.Select(static value => value.Slot)];

    /// <summary>What it makes, for the step.</summary>
    internal GraphValue[] Outputs => [.. _outputs];

    /// <summary>True while nothing of it was found wrong.</summary>
    internal bool Holds => _findings.Count == _findingsBefore;

    /// <summary>Notes what is wrong with one of its fields.</summary>
    internal void Fault(string message, string field) =>
        _findings.Add(GraphErrors.StepInvalid.At($"Step '{Spec.Name}': {message}", field));

    /// <summary>Asks for so many inputs and outputs; false when there are others.</summary>
    internal bool TryCounts(int inputs, int outputsMin, int outputsMax)
    {
        if (Inputs.Length != inputs)
        {
            Fault($"{Spec.Op} reads {inputs} value(s), not {Inputs.Length}.", "inputs");
        }

        if (Spec.Outputs.Length < outputsMin || Spec.Outputs.Length > outputsMax)
        {
            Fault($"{Spec.Op} makes {outputsMin}..{outputsMax} value(s), not {Spec.Outputs.Length}.", "outputs");
        }

        return Holds;
    }

    /// <summary>Asks that an input has one of these types.</summary>
    internal void NeedType(int input, params ReadOnlySpan<TensorType> types)
    {
        TensorType[] taken = types.ToArray();
        if (!taken.Contains(Inputs[input].Type))
        {
            string wanted = string.Join(" or ", taken.Select(TensorTypes.Name));
            Fault($"it needs {wanted}, and {Inputs[input]} is not; use cast.", "inputs");
        }
    }

    /// <summary>Asks that an input has from so many to so many dimensions.</summary>
    internal void NeedRank(int input, int min, int max)
    {
        GraphValue value = Inputs[input];
        if (!value.HasShape)
        {
            Fault($"the shape of {value} is not known; use reshape before.", "inputs");
        }
        else if (value.Rank < min || value.Rank > max)
        {
            Fault($"it needs {min}..{max} dimensions, and {value} has {value.Rank}; use reshape before.", "inputs");
        }
    }

    /// <summary>Asks that an input is an image: [height, width, channels].</summary>
    internal void NeedImage(params ReadOnlySpan<TensorType> types)
    {
        NeedType(0, types);
        NeedRank(0, 3, 3);
        if (Holds && Inputs[0].Shape[2] is not (1 or 3 or 4))
        {
            Fault($"it needs an image of 1, 3 or 4 channels, and {Inputs[0]} is none.", "inputs");
        }
    }

    /// <summary>Declares the next output; its name is taken from the step.</summary>
    internal void Make(TensorType type, params ReadOnlySpan<long> shape) => Declare(type, [.. shape], hasShape: true);

    /// <summary>Declares the next output; of any shape when nothing is known.</summary>
    internal void Declare(TensorType type, ImmutableArray<long> shape, bool hasShape)
    {
        if (_outputs.Count < Spec.Outputs.Length)
        {
            int slot = _slotsBefore + _outputs.Count;
            _outputs.Add(new GraphValue(slot, Spec.Outputs[_outputs.Count], type, shape, hasShape));
        }
    }

    /// <summary>Whether the step says anything of this parameter.</summary>
    internal bool Has(string name) => Spec.Parameters.ContainsKey(name);

    /// <summary>A whole number within bounds; <paramref name="otherwise"/> when left out, null asks for it.</summary>
    internal int Whole(string name, int min, int max, int? otherwise)
    {
        if (!TryFind(name, otherwise is null, out JsonElement given))
        {
            return otherwise ?? min;
        }

        if (given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out int value) && value >= min && value <= max)
        {
            return value;
        }

        Fault(string.Create(CultureInfo.InvariantCulture, $"must be a whole number, {min}..{max}."), name);
        return min;
    }

    /// <summary>A number within bounds.</summary>
    internal float Number(string name, double min, double max, float? otherwise)
    {
        if (!TryFind(name, otherwise is null, out JsonElement given))
        {
            return otherwise ?? (float)min;
        }

        if (given.ValueKind == JsonValueKind.Number && given.GetDouble() is var value && value >= min && value <= max)
        {
            return (float)value;
        }

        Fault(string.Create(CultureInfo.InvariantCulture, $"must be a number, {min}..{max}."), name);
        return (float)min;
    }

    /// <summary>True or false.</summary>
    internal bool Flag(string name, bool otherwise)
    {
        if (!TryFind(name, false, out JsonElement given))
        {
            return otherwise;
        }

        if (given.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Fault("must be true or false.", name);
        }

        return given.ValueKind == JsonValueKind.True;
    }

    /// <summary>One of these words; the first when left out.</summary>
    internal string Word(string name, params ReadOnlySpan<string> words)
    {
        if (!TryFind(name, false, out JsonElement given))
        {
            return words[0];
        }

        string word = given.ValueKind == JsonValueKind.String ? given.GetString() ?? "" : "";
        if (!words.Contains(word))
        {
            Fault($"must be one of {string.Join(", ", words!)}.", name);
        }

        return word;
    }

    /// <summary>A name; empty when left out.</summary>
    internal string Text(string name)
    {
        if (!TryFind(name, false, out JsonElement given))
        {
            return "";
        }

        if (given.ValueKind != JsonValueKind.String)
        {
            Fault("must be a text.", name);
            return "";
        }

        return given.GetString() ?? "";
    }

    /// <summary>A list of names; empty when left out.</summary>
    internal ImmutableArray<string> Texts(string name)
    {
        if (!TryFind(name, false, out JsonElement given))
        {
            return [];
        }

        if (given.ValueKind != JsonValueKind.Array
            || given.GetArrayLength() > GraphLimits.StepValuesMax
            || given.EnumerateArray().Any(static one => one.ValueKind != JsonValueKind.String))
        {
            Fault("must be a list of names.", name);
            return [];
        }

        return [.. given.EnumerateArray().Select(static one => one.GetString() ?? "")];
    }

    /// <summary>A list of numbers within bounds, or one; empty when left out and not asked for.</summary>
    internal double[] Numbers(string name, double min, double max, bool required)
    {
        if (!TryFind(name, required, out JsonElement given))
        {
            return [];
        }

        double[] read = given.ValueKind == JsonValueKind.Number
            ? [given.GetDouble()]
            : given.ValueKind == JsonValueKind.Array
            && given.GetArrayLength() is > 0 and <= GraphLimits.ListMax
            && given.EnumerateArray().All(static one => one.ValueKind == JsonValueKind.Number)
            ? [.. given.EnumerateArray().Select(static one => one.GetDouble())]
            : [];
        if (read.Length == 0 || read.Any(one => !(one >= min && one <= max)))
        {
            Fault(string.Create(CultureInfo.InvariantCulture, $"must be a list of numbers, each {min}..{max}."), name);
            return [];
        }

        return read;
    }

    /// <summary>A list of whole numbers within bounds.</summary>
    internal long[] Wholes(string name, long min, long max, bool required)
    {
        double[] read = Numbers(name, min, max, required);
        if (read.Any(static one => one != Math.Truncate(one)))
        {
            Fault("must be a list of whole numbers.", name);
            return [];
        }

        return [.. read.Select(static one => (long)one)];
    }

    /// <summary>The labels that the step names; empty when it names none.</summary>
    internal ImmutableArray<ImmutableArray<byte>> Labels()
    {
        string file = Text("labels");
        if (file.Length == 0)
        {
            return [];
        }

        if (Parts.Labels.TryGetValue(file, out ImmutableArray<ImmutableArray<byte>> labels))
        {
            return labels;
        }

        Fault($"there is no file of labels '{file}' beside the graph.", "labels");
        return [];
    }

    /// <summary>Notes every parameter that no op read.</summary>
    internal void RefuseUnread()
    {
        foreach (string name in Spec.Parameters.Keys.Order(StringComparer.Ordinal).Where(name => !_read.Contains(name)))
        {
            Fault($"{Spec.Op} takes no '{name}'.", name);
        }
    }

    private bool TryFind(string name, bool required, out JsonElement given)
    {
        _read.Add(name);
        if (Spec.Parameters.TryGetValue(name, out given))
        {
            return true;
        }

        if (required)
        {
            Fault($"{Spec.Op} needs '{name}'.", name);
        }

        return false;
    }
}
