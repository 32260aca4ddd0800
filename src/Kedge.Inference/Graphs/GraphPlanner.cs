using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Graphs;

/// <summary>
/// Lets types and shapes flow through the steps of a graph, and finds everything that does not fit. A step whose inputs
/// are not known because an earlier step is wrong is not judged: its findings would only repeat the first.
/// </summary>
internal sealed class GraphPlanner
{
    private readonly GraphSpec _spec;
    private readonly GraphParts _parts;
    private readonly ImmutableArray<Finding>.Builder _findings = ImmutableArray.CreateBuilder<Finding>();
    private readonly Dictionary<string, GraphValue?> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _makers = new(StringComparer.Ordinal);
    private readonly List<GraphStep> _steps = [];
    private readonly List<ulong> _needs = [];
    private int _slots;

    internal GraphPlanner(GraphSpec spec, GraphParts parts)
    {
        _spec = spec;
        _parts = parts;
    }

    internal ImmutableArray<Finding> Findings => _findings.ToImmutable();

    internal GraphPlan? Plan()
    {
        foreach (TensorSpec input in _spec.Inputs)
        {
            if (!_values.TryAdd(input.Name, new GraphValue(_slots++, input.Name, input.Type, input.Shape)))
            {
                _findings.Add(GraphErrors.StepInvalid.At($"There are two inputs '{input.Name}'.", "inputs"));
            }
        }

        for (int i = 0; i < _spec.Steps.Length; i++)
        {
            AddStep(i);
        }

        ImmutableArray<GraphValue> outputs = Outputs();
        RefuseIdle();
        if (_findings.Count > 0)
        {
            return null;
        }

        return new GraphPlan(new ModelSignature(
            _spec.Inputs,
            [.. outputs.Select(static value => new TensorSpec(value.Name, value.Type, value.Shape, value.HasShape))]))
        {
            Steps = [.. _steps],
            OutputSlots = [.. outputs.Select(static value => value.Slot)],
            Needs = [.. outputs.Select(value => _needs[_makers[value.Name]])],
            SlotCount = _slots,
        };
    }

    private void AddStep(int index)
    {
        GraphStepSpec spec = _spec.Steps[index];
        string where = string.Create(CultureInfo.InvariantCulture, $"steps[{index}]");
        int before = _findings.Count;
        if (_spec.Steps.Take(index).Any(other => other.Name == spec.Name))
        {
            _findings.Add(GraphErrors.StepInvalid.At($"There are two steps '{spec.Name}'.", "name"));
        }

        Func<StepDraft, GraphStep?>? make = GraphOps.Find(spec.Op);
        if (make is null)
        {
            _findings.Add(GraphErrors.StepInvalid.At(
                $"Step '{spec.Name}': there is no op '{spec.Op}'; there are {string.Join(", ", GraphOps.Words)}.",
                "op"));
        }

        ImmutableArray<GraphValue>? inputs = Inputs(spec, index, out ulong needs);
        GraphStep? step = null;
        if (make is not null && inputs is not null && _findings.Count == before)
        {
            StepDraft draft = new(spec, inputs.Value, _parts, _slots, _findings);
            step = make(draft);
            draft.RefuseUnread();
        }

        for (int i = before; i < _findings.Count; i++)
        {
            _findings[i] = _findings[i] with { Field = $"{where}.{_findings[i].Field}" };
        }

        _needs.Add(needs);
        Declare(spec, index, _findings.Count == before ? step : null);
    }

    private ImmutableArray<GraphValue>? Inputs(GraphStepSpec spec, int index, out ulong needs)
    {
        needs = 1UL << index;
        bool known = true;
        ImmutableArray<GraphValue>.Builder inputs = ImmutableArray.CreateBuilder<GraphValue>();
        foreach (string name in spec.Inputs)
        {
            if (!_values.TryGetValue(name, out GraphValue? value))
            {
                _findings.Add(GraphErrors.StepInvalid.At(
                    $"Step '{spec.Name}': nothing before it makes '{name}'.", "inputs"));
            }

            known &= value is not null;
            needs |= _makers.TryGetValue(name, out int maker) ? _needs[maker] : 0;
            if (value is not null)
            {
                inputs.Add(value);
            }
        }

        return known ? inputs.ToImmutable() : null;
    }

    /// <summary>Outputs of a step that is wrong are there, but nothing is known of them.</summary>
    private void Declare(GraphStepSpec spec, int index, GraphStep? step)
    {
        for (int i = 0; i < spec.Outputs.Length; i++)
        {
            if (!_values.TryAdd(spec.Outputs[i], step?.Outputs[i]))
            {
                _findings.Add(GraphErrors.StepInvalid.At(
                    $"Step '{spec.Name}': '{spec.Outputs[i]}' is made already; a value is made once.",
                    string.Create(CultureInfo.InvariantCulture, $"steps[{index}].outputs")));
            }

            _makers.TryAdd(spec.Outputs[i], index);
        }

        if (step is not null)
        {
            _slots += step.Outputs.Length;
            _steps.Add(step);
        }
    }

    private ImmutableArray<GraphValue> Outputs()
    {
        ImmutableArray<GraphValue>.Builder outputs = ImmutableArray.CreateBuilder<GraphValue>();
        foreach (string name in _spec.Outputs)
        {
            if (!_makers.ContainsKey(name))
            {
                _findings.Add(GraphErrors.StepInvalid.At($"No step makes '{name}'.", "outputs"));
            }
            else if (_values[name] is { } value)
            {
                outputs.Add(value);
            }
        }

        if (_spec.Outputs.Distinct(StringComparer.Ordinal).Count() != _spec.Outputs.Length)
        {
            _findings.Add(GraphErrors.StepInvalid.At("Every output is listed once.", "outputs"));
        }

        return outputs.ToImmutable();
    }

    /// <summary>A step that nothing needs is a mistake: its author thought it was used.</summary>
    private void RefuseIdle()
    {
        ulong needed = 0;
        foreach (string name in _spec.Outputs)
        {
            needed |= _makers.TryGetValue(name, out int maker) ? _needs[maker] : 0;
        }

        for (int i = 0; i < _spec.Steps.Length; i++)
        {
            if ((needed & (1UL << i)) == 0)
            {
                _findings.Add(GraphErrors.StepInvalid.At(
                    $"Step '{_spec.Steps[i].Name}': no output needs what it makes.",
                    string.Create(CultureInfo.InvariantCulture, $"steps[{i}].outputs")));
            }
        }
    }
}
