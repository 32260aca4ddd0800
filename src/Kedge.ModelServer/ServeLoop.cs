using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Regions;
using Kedge.ModelServer.Control;
using Kedge.ModelServer.Http;
using Kedge.ModelServer.Memory;
using Kedge.ModelServer.Metrics;
using Kedge.ModelServer.Models;
using Kedge.ModelServer.Scheduling;
using Kedge.ModelServer.Shadow;
using Kedge.Native;

namespace Kedge.ModelServer;

/// <summary>
/// The process: loads the models on the side, answers the control socket, and owns the state
/// <c>loading -> ready -> serving -> draining</c>, or <c>failed</c>. Everything that changes it happens on the one
/// thread that runs <see cref="Run"/>; other threads only wake it. Requests are answered elsewhere.
/// </summary>
internal sealed class ServeLoop : IDisposable
{
    private readonly ServeConfig _config;
    private readonly TimeProvider _time;
    private readonly RotatingLog _log;
    private readonly ServeContext _context;
    private readonly HttpServing _http;
    private readonly ControlSocket _control;
    private readonly ShadowControl _shadow;
    private readonly ModelRepository _repository;
    private readonly RegionSocket? _memory;
    private readonly StateKeeper _told;
    private readonly WakeSignal _wake = new();
    private readonly string _version;
    private Task<string?>? _loading;
    private string _state = ServeStates.Loading;
    private string _error = "";
    private bool _wasServing;
    private bool _isParking;
    private volatile bool _signalled;
    private long _deadlineFrom;
    private TimeSpan? _deadline;
    private int? _exitCode;

    internal ServeLoop(ServeConfig config, string version, RotatingLog log, TimeProvider time)
    {
        _config = config;
        _version = version;
        _log = log;
        _time = time;
        log.Setting = log.Setting with { AccessEvery = config.AccessLogEvery };
        _context = new ServeContext(log, time)
        {
            OpenControl = config.OpenControl,
            Regions = config.SharedMemory ? new RegionTable() : null,
            ProgramVersion = version,
            RequestBytesMax = config.RequestBytesMax,
            WriteMetrics = WriteMetrics,
            Slots = ComputeSlots.OfProcess(time),
        };
        _repository = new ModelRepository(config, _context);
        _context.Repository = _repository;
        _http = new HttpServing(config.ConnectionsMax, config.RequestBytesMax, log);
        _http.Public.ConnectionEnded += _wake.Set;
        _control = new ControlSocket(config.ControlSocket, log);
        _shadow = new ShadowControl(_context);
        _told = new StateKeeper(config, _context);
        _memory = _context.Regions is null ? null : new RegionSocket(config.SharedMemorySocket, _context.Regions, log);
    }

    /// <summary>Serves until it is told to end.</summary>
    /// <returns>The process's exit code: 0 after stop or drain, 1 when the models could not be loaded.</returns>
    internal int Run()
    {
        ServeLog.Starts(_log, _version, _config.Deployment, _config.Instance, Environment.ProcessId);
        _loading = Task.Run(StartAsync);
        _loading.GetAwaiter().OnCompleted(_wake.Set);
        while (_exitCode is null)
        {
            _control.WaitAndAnswer(_wake, Remaining(), Answer);
            Reconcile();
        }

        ServeLog.Exits(_log, _exitCode.Value, _state, _context.Requests);
        return _exitCode.Value;
    }

    /// <summary>Drains as if the control socket had asked: SIGTERM. Safe from any thread.</summary>
    internal void SignalEnd()
    {
        _signalled = true;
        _wake.Set();
    }

    public void Dispose()
    {
        _memory?.Dispose();
        _control.Dispose();
        _shadow.Dispose();
        _http.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _repository.Dispose();
        _context.Slots?.Dispose();
        _wake.Dispose();
    }

    // Reads the current state of the world, whatever woke us, and moves on where it asks for it.
    private void Reconcile()
    {
        if (_state == ServeStates.Loading && _loading is { IsCompleted: true })
        {
            string? failure = _loading.GetAwaiter().GetResult();
            _error = failure ?? "";
            Move(failure is null ? ServeStates.Ready : ServeStates.Failed, failure ?? "models loaded");
            if (failure is not null)
            {
                ServeLog.StartFailed(_log, failure);
                SetDeadline(ServeLimits.FailedStayTime);
            }
        }

        if (_signalled)
        {
            _signalled = false;
            EndOnSignal();
        }

        bool late = Remaining() == TimeSpan.Zero;
        if (_state == ServeStates.Draining && _isParking)
        {
            GoOnParking(late);
        }
        else if (_state == ServeStates.Draining && (late || _http.Public.OpenConnections == 0))
        {
            _http.StopAsync().GetAwaiter().GetResult();
            _exitCode = 0;
        }
        else if (_state == ServeStates.Failed && late)
        {
            _exitCode = 1;
        }
    }

    /// <summary>
    /// Whoever is still connected at the deadline is cut off; then nothing of the outside is left here.
    /// </summary>
    private void GoOnParking(bool late)
    {
        if (late)
        {
            _deadline = null;
            _http.Public.Abort();
        }

        if (_http.Public.OpenConnections == 0)
        {
            _http.Public.Detach();
            _isParking = false;
            _deadline = null;
            _context.IsDraining = false;
            _context.KeepStreams();
            Move(ServeStates.Ready, "parked");
        }
    }

    private void EndOnSignal()
    {
        if (_state is ServeStates.Serving || _isParking)
        {
            StartDrain(_config.DrainMsOnSignal);
        }
        else if (_state is not ServeStates.Draining)
        {
            _exitCode = _state == ServeStates.Failed ? 1 : 0;
        }
    }

    private ControlAnswer Answer(ReceivedLine line)
    {
        if (!ControlRequest.TryParse(line.Bytes, out ControlRequest? request))
        {
            return Refuse(ServeErrors.ControlLineInvalid, "The line is no request.");
        }

        return request.Op switch
        {
            ControlOps.Status => Done(),
            ControlOps.Figures => Figures(),
            ControlOps.Listen => Listen(line.Attached),
            ControlOps.Listener => HandListener(),
            ControlOps.Drain => Drain(request.DeadlineMs),
            ControlOps.Park => Park(request.DeadlineMs),
            ControlOps.Resume => Resume(),
            ControlOps.Shadow => Shadow(request, line.Attached),
            ControlOps.Unshadow => Unshadow(request),
            ControlOps.Spans => Spans(),
            ControlOps.Stop => Stop(),
            _ => Refuse(ServeErrors.ControlLineInvalid, $"There is no op {request.Op}."),
        };
    }

    /// <summary>
    /// Requests are those with a time and those that failed, so that the three fit each other while requests come in.
    /// </summary>
    private ControlAnswer Figures()
    {
        LatencySketch latency = _context.Latency.Read();
        long failures = _context.Failures;
        return new ControlAnswer(
            Status(ok: true) with
            {
                Models = [],
                Requests = latency.Total + failures,
                Failures = failures,
                Latency = latency.ToString(),
                Values = _context.ReadValues()?.Text,
            },
            null);
    }

    private ControlAnswer Spans() => new(
        Status(ok: true) with
        {
            Models = [],
            Traces = _context.Tracer.Ring.Take(ControlTrace.ReplyMax),
            TracesDropped = _context.Tracer.Ring.Dropped,
        },
        null);

    private ControlAnswer Listen(FileDescriptor? listener)
    {
        if (_state != ServeStates.Ready)
        {
            return Refuse(ServeErrors.StateConflict, $"A listener is taken in state ready, not {_state}.");
        }

        if (listener is null || !ListeningSocket.IsListening(listener))
        {
            return Refuse(ServeErrors.ListenerInvalid, "No listening socket came with the line.");
        }

        _told.Begin();
        Kedge.Core.Check.That(_http.Public.TryAttach(listener.Duplicate()));
        Move(ServeStates.Serving, ListeningSocket.Describe(listener));
        return Done();
    }

    private ControlAnswer HandListener()
    {
        FileDescriptor? copy = _http.Public.CopyListener();
        return copy is null
            ? Refuse(ServeErrors.StateConflict, "There is no listener yet.")
            : new ControlAnswer(Status(ok: true), copy);
    }

    private ControlAnswer Drain(long deadlineMs)
    {
        if (_state is not (ServeStates.Serving or ServeStates.Ready or ServeStates.Draining) || deadlineMs < 0)
        {
            return Refuse(ServeErrors.StateConflict, $"Nothing to drain in state {_state}.");
        }

        StartDrain(deadlineMs);
        return Done();
    }

    private ControlAnswer Park(long deadlineMs)
    {
        if (_state is not (ServeStates.Serving or ServeStates.Ready) || deadlineMs < 0)
        {
            return Refuse(ServeErrors.StateConflict, $"Nothing to park in state {_state}.");
        }

        if (_state == ServeStates.Serving)
        {
            StartDrain(deadlineMs);
            _isParking = true;
        }

        return Done();
    }

    private void StartDrain(long deadlineMs)
    {
        _isParking = false;
        // First stop accepting, then tell: a connection that we took must be told with its next answer.
        _wasServing = _state == ServeStates.Serving || (_state == ServeStates.Draining && _wasServing);
        _shadow.End("it drains");
        _http.Public.Pause();
        _context.IsDraining = true;
        _http.TellEnd();
        TimeSpan deadline = TimeSpan.FromMilliseconds(Math.Min(deadlineMs, int.MaxValue));
        SetDeadline(deadline);
        TimeSpan early = deadline - ServeLimits.LastAnswersTime;
        _context.EndStreams(early > deadline / 2 ? early : deadline / 2);
        Move(ServeStates.Draining, string.Create(CultureInfo.InvariantCulture, $"within {deadlineMs} ms"));
    }

    private ControlAnswer Resume()
    {
        if (_state != ServeStates.Draining)
        {
            return Refuse(ServeErrors.StateConflict, $"Nothing to take back in state {_state}.");
        }

        _deadline = null;
        _isParking = false;
        _context.IsDraining = false;
        _context.KeepStreams();
        _http.Public.Resume();
        Move(_wasServing ? ServeStates.Serving : ServeStates.Ready, "drain taken back");
        return Done();
    }

    private ControlAnswer Shadow(ControlRequest request, FileDescriptor? connection)
    {
        if (_state != ServeStates.Serving)
        {
            return Refuse(ServeErrors.StateConflict, $"There is nothing to copy in state {_state}.");
        }

        ControlShadow? counts = _shadow.Take(request, connection, out Finding? fault);
        return counts is null
            ? new ControlAnswer(Status(ok: false) with { Models = [], Error = fault?.ToString() ?? "" }, null)
            : new ControlAnswer(Status(ok: true) with { Models = [], Shadow = counts }, null);
    }

    private ControlAnswer Unshadow(ControlRequest request)
    {
        _shadow.End(request);
        return Done();
    }

    private ControlAnswer Stop()
    {
        _exitCode = 0;
        return Done();
    }

    private ControlAnswer Done() => new(Status(ok: true), null);

    private ControlAnswer Refuse(ErrorCode code, string message) =>
        new(Status(ok: false) with { Error = $"{code.Code}: {message}" }, null);

    private ControlReply Status(bool ok) => new()
    {
        Ok = ok,
        Error = _error,
        Nonce = _config.Nonce,
        Pid = Environment.ProcessId,
        State = _state,
        Models = [.. _context.Models.Select(static model => new ControlModel(model.Name, model.Version, model.Digest))],
        ProgramVersion = _version,
        Requests = _context.Requests,
        Failures = _context.Failures,
        OpenConnections = _http.Public.OpenConnections,
    };

    private async Task<string?> StartAsync()
    {
        try
        {
            if (await _repository.StartAsync().ConfigureAwait(false) is { } fault)
            {
                return $"{fault.Code}: {fault.Message}";
            }

            FileDescriptor own = ListeningSocket.OpenUnix(
                _config.HttpSocket, ServeLimits.OwnConnectionsMax, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await _http.StartAsync(own, new FrontApplication(_context)).ConfigureAwait(false);
            return null;
        }
        catch (KedgeException failure)
        {
            return failure.Message;
        }
        catch (NativeException failure)
        {
            return $"{ServeErrors.SocketUnavailable.Code}: {failure.Message}";
        }
    }

    private ReadOnlyMemory<byte> WriteMetrics() =>
        Instruments.Write(_context.Counted, _context.Clients, _http.Public.OpenConnections, _log.Dropped);

    private void Move(string state, string reason)
    {
        ServeLog.StateChanged(_log, _state, state, reason);
        _state = state;
    }

    private void SetDeadline(TimeSpan fromNow)
    {
        _deadlineFrom = _time.GetTimestamp();
        _deadline = fromNow;
    }

    private TimeSpan? Remaining()
    {
        if (_deadline is null)
        {
            return null;
        }

        TimeSpan left = _deadline.Value - _time.GetElapsedTime(_deadlineFrom);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
