using Kedge.Inference.Graphs.Steps;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Graphs;

/// <summary>
/// The memory of one run of a graph: a tensor for every value, and a call for every step that runs a model, which
/// computes on those tensors where they lie. The graph's own inputs and outputs lie in the request's call, except where
/// a model reads or makes them: those are copied. Not thread-safe; used again for the next run.
/// </summary>
internal sealed class GraphRun
{
    private readonly GraphPlan _plan;
    private readonly Tensor[] _own;
    private readonly Tensor[] _bound;
    private readonly bool[] _isOfModel;
    private readonly InferenceCall?[] _calls;

    internal GraphRun(GraphPlan plan, GraphSession session)
    {
        _plan = plan;
        Session = session;
        _own = [.. Enumerable.Range(0, plan.SlotCount).Select(static _ => new Tensor())];
        _bound = [.. _own];
        _isOfModel = new bool[plan.SlotCount];
        _calls = new InferenceCall?[plan.Steps.Length];
        for (int i = 0; i < plan.Steps.Length; i++)
        {
            if (plan.Steps[i] is ModelStep step)
            {
                _calls[i] = step.MakeCall(_own);
                foreach (int slot in step.Inputs.Concat(step.Outputs.Select(static value => value.Slot)))
                {
                    _isOfModel[slot] = true;
                }
            }
        }
    }

    /// <summary>Whose run it is.</summary>
    internal GraphSession Session { get; }

    /// <summary>Memory for steps while they compute.</summary>
    internal GraphScratch Scratch { get; } = new();

    /// <summary>The tensor that holds a value.</summary>
    internal Tensor this[int slot] => _bound[slot];

    /// <summary>The call of the step that is computed, which runs a model.</summary>
    internal InferenceCall? Call { get; private set; }

    /// <summary>Stands before a step.</summary>
    internal void Enter(int step) => Call = _calls[step];

    /// <summary>Reads from and writes to a request's tensors.</summary>
    internal void Bind(InferenceCall call)
    {
        foreach (InferenceCall? member in _calls)
        {
            if (member is not null)
            {
                member.Stop = call.Stop;
            }
        }

        for (int i = 0; i < call.Inputs.Length; i++)
        {
            _bound[i] = _isOfModel[i] ? _own[i] : call.Inputs[i];
            if (_isOfModel[i])
            {
                _own[i].CopyFrom(call.Inputs[i]);
            }
        }

        for (int i = 0; i < call.Outputs.Length; i++)
        {
            int slot = _plan.OutputSlots[i];
            _bound[slot] = _isOfModel[slot] ? _own[slot] : call.Outputs[i];
        }
    }

    /// <summary>Copies the wanted outputs that models made.</summary>
    internal void Deliver(InferenceCall call)
    {
        foreach (int output in call.Wanted)
        {
            int slot = _plan.OutputSlots[output];
            if (_isOfModel[slot])
            {
                call.Outputs[output].CopyFrom(_own[slot], call.Signature.Outputs[output].Name);
            }
        }
    }

    /// <summary>Lets go of the request's tensors, and of memory that is more than these bytes in one tensor.</summary>
    internal void Release(int keepBytesMax)
    {
        _own.CopyTo(_bound, 0);
        Scratch.Trim(keepBytesMax);
        foreach (Tensor tensor in _own)
        {
            tensor.Trim(keepBytesMax);
        }
    }
}
