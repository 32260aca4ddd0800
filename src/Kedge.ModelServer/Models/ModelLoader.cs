using System.Collections.Concurrent;
using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Core.Models;
using Kedge.Inference.Batching;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Native;
using Microsoft.Extensions.Logging;

namespace Kedge.ModelServer.Models;

/// <summary>What a load made.</summary>
/// <param name="Session">In memory and warm; null when it could not be loaded.</param>
/// <param name="Fault">Why not.</param>
/// <param name="Bytes">Memory that it took, in bytes; 0 where that was not measured.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record LoadOutcome(IInferenceSession? Session, Finding? Fault, long Bytes, TimeSpan Elapsed);

/// <summary>
/// Loads and unloads models, one after the other on one thread of its own: the C library keeps memory by thread, so
/// what one load gives back the next one finds.
/// </summary>
internal sealed class ModelLoader : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly ServeConfig _config;
    private readonly SessionFactory _sessions;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Thread _thread;
    private bool _isRuntimeUp;

    internal ModelLoader(ServeConfig config, TimeProvider time, ILogger log)
    {
        _config = config;
        _sessions = new SessionFactory(config);
        _time = time;
        _log = log;
        _thread = new Thread(Run) { IsBackground = true, Name = "loader" };
        _thread.Start();
    }

    /// <summary>Loads a model.</summary>
    /// <param name="model">Which.</param>
    /// <param name="isMeasured">
    /// True where what it takes is known: later, with requests at work, it would be read wrong.
    /// </param>
    /// <param name="done">Told on the loader's thread.</param>
    internal void Load(ServeModel model, bool isMeasured, Action<LoadOutcome> done) =>
        _work.Add(() => done(Load(model, isMeasured)));

    /// <summary>Gives the memory of a session back.</summary>
    /// <param name="session">Which; nobody runs it any more.</param>
    /// <param name="done">Told on the loader's thread.</param>
    internal void Unload(IInferenceSession session, Action done) => _work.Add(() =>
    {
        session.Dispose();

        // What its requests held lies on the managed heap, and what the runtime made for them hangs on that: both would
        // wait for a collection that may be far away, as requests allocate next to nothing.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        ResidentMemory.TrimHeap();
        done();
    });

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        foreach (Action work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }

    private LoadOutcome Load(ServeModel model, bool isMeasured)
    {
        long started = _time.GetTimestamp();
        bool measures = !isMeasured && _config.ModelMemoryBytes > 0;
        try
        {
            if (measures && !_isRuntimeUp)
            {
                // The first load brings the runtime with it, which is no memory of this model.
                Open(model).Dispose();
                ResidentMemory.TrimHeap();
            }

            _isRuntimeUp = true;
            long before = measures ? ProcessMemory.PrivateBytes() : 0;
            IInferenceSession session = Open(model);
            if (model.Scheduling.Batching.MaxSize > 1 && JoinedCall.WhyNever(session.Signature) is { } never)
            {
                session.Dispose();
                throw new KedgeException(InferErrors.BatchImpossible, never.Message);
            }

            if (model.IsWarmedUp && WarmUp.Run(session, model.WarmUp) is { } cold)
            {
                ServeLog.NotWarm(_log, model.Name, model.Version, cold.ToString());
            }

            ResidentMemory.TrimHeap(); // The file was read and parsed: that is over.
            long bytes = measures ? Math.Max(ProcessMemory.PrivateBytes() - before, 0) : 0;
            TimeSpan elapsed = _time.GetElapsedTime(started);
            ServeLog.ModelLoaded(
                _log, model.Name, model.Version, model.Path, (long)elapsed.TotalMilliseconds, bytes);
            return new LoadOutcome(session, null, bytes, elapsed);
        }
        catch (KedgeException failure)
        {
            ServeLog.ModelNotLoaded(_log, model.Name, model.Version, failure.Message);
            return new LoadOutcome(null, failure.Finding, 0, _time.GetElapsedTime(started));
        }
    }

    private IInferenceSession Open(ServeModel model)
    {
        // Before the model: a file of labels is read in no time.
        ImmutableArray<ImmutableArray<byte>> labels =
            model.Labels.Length > 0 ? GraphLoader.ReadLabels(model.Labels) : [];
        IInferenceSession session = model.Graph.Length > 0
            ? GraphLoader.Load(model.Graph, model.Path, path => _sessions.Open(Member(model, path)))
            : _sessions.Open(model);
        return labels.IsEmpty ? session : new LabelledSession(session, labels);
    }

    /// <summary>A model of a graph: the ending of its name says by which runtime.</summary>
    private static ServeModel Member(ServeModel model, string path) => path == model.Path
        ? model
        : model with { Path = path, Format = ModelFormats.Word(ModelFormats.OfFile(path)) };
}
