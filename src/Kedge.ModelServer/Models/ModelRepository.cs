using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Lifecycle;
using Kedge.Inference.Sessions;
using Kedge.ModelServer.Metrics;

namespace Kedge.ModelServer.Models;

/// <summary>
/// All models of the process: reads events one after the other, lets <see cref="LifecycleMachine"/> decide, and does
/// what it says. Whatever can be asked is in <see cref="ServeContext.Table"/>, which is made anew when that changes.
/// </summary>
internal sealed class ModelRepository : IDisposable
{
    // Without a bound of its own: no more can be in it than connections, models and their loads have put there.
    private readonly Channel<LifecycleEvent> _events = Channel.CreateUnbounded<LifecycleEvent>(
        new UnboundedChannelOptions { SingleReader = true });

    private readonly ConcurrentDictionary<long, TaskCompletionSource<Finding?>> _asked = new();
    private readonly ConcurrentDictionary<int, LoadOutcome> _fresh = new();
    private readonly ServeConfig _config;
    private readonly ServeContext _context;
    private readonly ModelLoader _loader;
    private readonly ServedModel?[] _models;
    private readonly long _startedAt;
    private readonly ITimer _alarm;
    private readonly Task _running;
    private volatile LifecycleState _state;
    private ImmutableArray<ServedModel> _served = [];
    private long _ticket;
    private int _references;

    internal ModelRepository(ServeConfig config, ServeContext context)
    {
        _config = config;
        _context = context;
        _startedAt = context.Time.GetTimestamp();
        _models = new ServedModel?[config.Models.Length];
        _state = new LifecycleState
        {
            BudgetBytes = config.ModelMemoryBytes,
            Slots =
            [
                .. config.Models.Select(static model => new ModelSlot
                {
                    Name = model.Name,
                    Version = model.Version,
                    Bytes = FileBytes(model.Path),
                }),
            ],
        };
        _loader = new ModelLoader(config, context.Time, context.Log);
        _alarm = context.Time.CreateTimer(
            _ => Post(new LifecycleEvent.Clock()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Every model that was loaded at any time since the start.</summary>
    internal ImmutableArray<ServedModel> Served => _served;

    /// <summary>Told after what can be asked has changed, on the thread that reads events; null for nobody.</summary>
    internal Action? Changed { get; set; }

    /// <summary>True for a model, and a version where one is named, that the configuration lists.</summary>
    internal bool Lists(ReadOnlySpan<char> name, ReadOnlySpan<char> version)
    {
        foreach (ServeModel model in _config.Models)
        {
            if (name.SequenceEqual(model.Name) && (version.IsEmpty || version.SequenceEqual(model.Version)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Every model that the configuration lists, with its state.</summary>
    internal ImmutableArray<ModelSlot> Index() => _state.Slots;

    /// <summary>Loads every model once, in the order of the configuration, so that all are known to work.</summary>
    /// <returns>Null when all were loaded, else why the first one was not.</returns>
    internal async Task<Finding?> StartAsync()
    {
        for (int slot = 0; slot < _models.Length; slot++)
        {
            if (await AskAsync(ticket => new LifecycleEvent.LoadAsked(slot, ticket), default).ConfigureAwait(false)
                is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    /// <summary>Loads every version of a model that is not loaded; done when it can be asked.</summary>
    /// <returns>Null when all can be asked, else why the first one cannot.</returns>
    internal ValueTask<Finding?> LoadAsync(string name, CancellationToken cancel) => ForAllAsync(
        name, static (slot, ticket) => new LifecycleEvent.LoadAsked(slot, ticket), cancel);

    /// <summary>
    /// Unloads every version of a model: requests that come are refused from the start, and it is done when the last
    /// of those that were there is answered and the memory is given back.
    /// </summary>
    /// <param name="name">Which.</param>
    /// <param name="dependents">
    /// True to unload what was loaded along with it. The members of a graph are loaded and unloaded as parts of it and
    /// cannot be asked by themselves, so that nothing of them is left either way.
    /// </param>
    /// <param name="cancel">Ends the waiting, not the unloading.</param>
    /// <returns>Null when it is gone, else why not.</returns>
    internal ValueTask<Finding?> UnloadAsync(string name, bool dependents, CancellationToken cancel)
    {
        _ = dependents;
        return ForAllAsync(name, static (slot, ticket) => new LifecycleEvent.UnloadAsked(slot, ticket), cancel);
    }

    public void Dispose()
    {
        _ = _events.Writer.TryComplete();
        _running.GetAwaiter().GetResult();
        _alarm.Dispose();
        _loader.Dispose();
        foreach (LoadOutcome late in _fresh.Values)
        {
            late.Session?.Dispose();
        }

        foreach (ServedModel? model in _models)
        {
            model?.Dispose();
        }
    }

    private async ValueTask<Finding?> ForAllAsync(
        string name, Func<int, long, LifecycleEvent> ask, CancellationToken cancel)
    {
        List<Task<Finding?>> asked = [];
        for (int i = 0; i < _models.Length; i++)
        {
            int slot = i;
            if (_config.Models[i].Name == name)
            {
                asked.Add(AskAsync(ticket => ask(slot, ticket), cancel).AsTask());
            }
        }

        if (asked.Count == 0)
        {
            return ServeErrors.ModelNotListed.At($"There is no model {name}.");
        }

        Finding?[] faults = await Task.WhenAll(asked).ConfigureAwait(false);
        return faults.FirstOrDefault(static fault => fault is not null);
    }

    /// <summary>A request waits for its model. When it may compute, it uses the model already.</summary>
    private ValueTask<Finding?> WaitAsync(int slot, CancellationToken gone, TimeSpan patience)
    {
        TimeSpan? deadline = patience == TimeSpan.Zero ? null : Now() + patience;
        return AskAsync(ticket => new LifecycleEvent.Requested(slot, ticket, deadline), gone, slot);
    }

    private async ValueTask<Finding?> AskAsync(
        Func<long, LifecycleEvent> ask, CancellationToken cancel, int usedSlot = -1)
    {
        long ticket = Interlocked.Increment(ref _ticket);
        TaskCompletionSource<Finding?> answer = new(usedSlot, TaskCreationOptions.RunContinuationsAsynchronously);
        _asked[ticket] = answer;
        if (!Post(ask(ticket)))
        {
            return ServeErrors.ModelUnloaded.At("The server ends.");
        }

        CancellationTokenRegistration registration = cancel.UnsafeRegister(
            _ =>
            {
                // Whoever takes it out of the list answers it: the other one came too late.
                if (_asked.TryRemove(ticket, out TaskCompletionSource<Finding?>? gone))
                {
                    Post(new LifecycleEvent.Gone(ticket));
                    gone.SetResult(ServeErrors.LoadTooSlow.At("Whoever asked has gone."));
                }
            },
            null);
        await using (registration.ConfigureAwait(false))
        {
            return await answer.Task.ConfigureAwait(false);
        }
    }

    private bool Post(LifecycleEvent @event) => _events.Writer.TryWrite(@event);

    private TimeSpan Now() => _context.Time.GetElapsedTime(_startedAt);

    private async Task RunAsync()
    {
        TimeSpan[] lastUsed = new TimeSpan[_models.Length];
        await foreach (LifecycleEvent @event in _events.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            if (@event is LifecycleEvent.Loaded loaded)
            {
                Install(loaded.Slot);
            }

            for (int i = 0; i < lastUsed.Length; i++)
            {
                long at = _models[i]?.LastUsed ?? 0;
                lastUsed[i] = at == 0 ? TimeSpan.Zero : _context.Time.GetElapsedTime(_startedAt, at);
            }

            LifecycleState before = _state;
            LifecycleStep step = LifecycleMachine.Step(before, @event, Now(), lastUsed);
            _state = step.State;
            Publish(before, step.State);
            foreach (LifecycleEffect effect in step.Effects)
            {
                Apply(effect);
            }

            SetAlarm(step.State.WakeAt);
        }

        foreach (long ticket in _asked.Keys)
        {
            Answer(ticket, ServeErrors.ModelUnloaded.At("The server ends."));
        }
    }

    private void Apply(LifecycleEffect effect)
    {
        switch (effect)
        {
            case LifecycleEffect.Load e:
                _loader.Load(_config.Models[e.Slot], _models[e.Slot] is not null, done => Loaded(e.Slot, done));
                break;
            case LifecycleEffect.Open e:
                Loaded(e.Slot).Residency.Open();
                break;
            case LifecycleEffect.Close e:
                Loaded(e.Slot).Residency.Close(e.Turn);
                break;
            case LifecycleEffect.Unload e:
                _loader.Unload(Loaded(e.Slot).Take(), () => Post(new LifecycleEvent.Unloaded(e.Slot)));
                break;
            case LifecycleEffect.Admit e:
                Answer(e.Ticket, null);
                break;
            case LifecycleEffect.Refuse e:
                Answer(e.Ticket, e.Fault);
                break;
            default:
                throw Check.Unreachable(effect);
        }
    }

    private void Answer(long ticket, Finding? fault)
    {
        if (!_asked.TryRemove(ticket, out TaskCompletionSource<Finding?>? answer))
        {
            return; // It went away in this moment; it uses nothing.
        }

        if (fault is null && answer.Task.AsyncState is int slot and >= 0)
        {
            Loaded(slot).Residency.Enter();
        }

        answer.SetResult(fault);
    }

    private void Loaded(int slot, LoadOutcome outcome)
    {
        if (outcome.Fault is { } fault)
        {
            Post(new LifecycleEvent.LoadFailed(slot, fault));
            return;
        }

        _fresh[slot] = outcome;
        Post(new LifecycleEvent.Loaded(slot, outcome.Bytes, outcome.Elapsed));
    }

    /// <summary>Puts a session that was loaded to its model, closed: the machine says when it opens.</summary>
    private void Install(int slot)
    {
        Check.That(_fresh.TryRemove(slot, out LoadOutcome? outcome));
        IInferenceSession session = outcome.Session ?? throw Check.Unreachable(slot);
        if (_models[slot] is { } known)
        {
            known.Put(session);
            return;
        }

        ServeModel model = _config.Models[slot];
        ImmutableArray<ValueReference> references =
            ValueReference.TryParse(model.Reference, out ImmutableArray<ValueReference> read)
                ? [.. read.Take(ValueReference.TensorsMax - _references)]
                : [];
        _references += references.Length;
        ServedModel made = new(
            model,
            session,
            _context.Latency,
            _context.Time,
            references.IsEmpty ? null : new ValueCounter(references, session.Signature, _context.Time),
            (gone, patience) => WaitAsync(slot, gone, patience),
            turn => Post(new LifecycleEvent.Idle(slot, turn)),
            _context.Slots);
        _models[slot] = made;
        _served = _served.Add(made);
    }

    /// <summary>Only whoever was loaded once is opened, closed or unloaded.</summary>
    private ServedModel Loaded(int slot) => _models[slot] ?? throw Check.Unreachable(slot);

    private void Publish(LifecycleState before, LifecycleState after)
    {
        bool isChanged = false;
        for (int i = 0; i < _models.Length; i++)
        {
            ModelSlot slot = after.Slots[i];
            isChanged |= slot.IsKnown != before.Slots[i].IsKnown;
            if (slot.Phase != before.Slots[i].Phase)
            {
                ServeLog.PhaseChanged(_context.Log, slot.Name, slot.Version, before.Slots[i].Phase, slot.Phase);
            }
        }

        if (isChanged)
        {
            _context.Table = new ModelTable(
                [.. _models.Where((_, i) => after.Slots[i].IsKnown).Select(static model => model!)]); // Known: loaded.
            Changed?.Invoke();
        }
    }

    private void SetAlarm(TimeSpan? at)
    {
        TimeSpan pause = at is null ? Timeout.InfiniteTimeSpan : at.Value - Now();
        if (pause != Timeout.InfiniteTimeSpan)
        {
            // Not before its time: a timer counts whole milliseconds.
            pause = pause > TimeSpan.Zero ? pause + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero;
        }

        _ = _alarm.Change(pause, Timeout.InfiniteTimeSpan);
    }

    private static long FileBytes(string path)
    {
        try
        {
            return new FileInfo(path).Length;
        }
        catch (IOException)
        {
            // Loading it will say what is wrong with it.
            return 0;
        }
    }
}
