using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Kedge.Core.Errors;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Lifecycle;
using Kedge.Inference.Logging;

namespace Kedge.ModelServer.Control;

/// <summary>
/// Keeps what the process was told since it began to serve in a file, and does it again in the process that takes its
/// place. Models are unloaded only when serving begins: until then all of them are there, so that all can be tried.
/// Invariants: the file is whole, old or new; nothing is written before what it said was done; a file that cannot be
/// read, or is for other models, counts for nothing.
/// </summary>
internal sealed class StateKeeper
{
    private readonly Lock _gate = new();
    private readonly ServeContext _context;
    private readonly string _path;
    private readonly string _models;
    private readonly LogSetting _logAtStart;
    private byte[] _written = [];
    private bool _isRestored;

    internal StateKeeper(ServeConfig config, ServeContext context)
    {
        _context = context;
        _path = config.StateFile;
        _models = ServeState.ModelsOf(config);
        _logAtStart = context.LogFile.Setting;
    }

    /// <summary>Does once what the file says, and keeps it from then on.</summary>
    internal void Begin()
    {
        if (_isRestored || _path.Length == 0)
        {
            return;
        }

        if (Read() is { } state)
        {
            Restore(state);
        }

        _isRestored = true;
        _context.Tracer.Board.Changed = Save;
        _context.LogFile.Changed = Save;
        if (_context.Repository is { } repository)
        {
            repository.Changed = Save;
        }

        Save();
    }

    /// <summary>Writes what was told until now, where that is not what the file says.</summary>
    private void Save()
    {
        try
        {
            lock (_gate)
            {
                byte[] json = State().ToJson();
                if (json.AsSpan().SequenceEqual(_written))
                {
                    return;
                }

                string fresh = $"{_path}.new";
                File.WriteAllBytes(fresh, json);
                File.Move(fresh, _path, overwrite: true);
                _written = json;
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It serves all the same; only whoever takes its place will not know.
            ServeLog.StateLost(_context.Log, ServeErrors.StateUnkept.Code, failure.Message);
        }
    }

    private ServeState State()
    {
        ImmutableArray<ModelSlot> slots = _context.Repository?.Index() ?? [];
        LogSetting log = _context.LogFile.Setting;
        return new ServeState
        {
            Models = _models,
            Unloaded =
            [
                .. slots.Where(static slot => !slot.IsKnown).Select(static slot => slot.Name).Distinct(),
            ],
            Trace = Element(_context.Tracer.Board.Read("")),
            ModelTraces = _context.Tracer.Board.Own.Order(StringComparer.Ordinal).ToDictionary(
                static name => name, name => Element(_context.Tracer.Board.Read(name)), StringComparer.Ordinal),
            Logging = log == _logAtStart ? null : Element(log.Write()),
        };
    }

    private ServeState? Read()
    {
        try
        {
            FileInfo file = new(_path);
            if (!file.Exists || file.Length > ServeState.BytesMax)
            {
                return null;
            }

            return ServeState.TryParse(File.ReadAllBytes(_path), out ServeState? state) && state.Models == _models
                ? state
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            ServeLog.StateLost(_context.Log, ServeErrors.StateUnkept.Code, failure.Message);
            return null;
        }
    }

    private void Restore(ServeState state)
    {
        if (state.Logging is { } logging && _context.LogFile.Setting.Change(Bytes(logging), out LogSetting log) is null)
        {
            _context.LogFile.Setting = log;
        }

        if (state.Trace is { } trace)
        {
            _ = _context.Tracer.Board.Change("", Bytes(trace));
        }

        foreach ((string model, JsonElement own) in state.ModelTraces)
        {
            if (_context.Table.Find(model, default) is not null)
            {
                _ = _context.Tracer.Board.Change(model, Bytes(own));
            }
        }

        Task<Finding?>[] leaving = [.. state.Unloaded.Select(Unload)];
        try
        {
            // Nobody is inside yet: this takes as long as giving memory back.
            Task.WhenAll(leaving).WaitAsync(ServeLimits.RestoreTime, _context.Time).GetAwaiter().GetResult();
        }
        catch (TimeoutException)
        {
            // They are refused already; only their memory is still there.
        }

        ServeLog.StateRestored(_context.Log, state.Unloaded.Length);
    }

    private Task<Finding?> Unload(string model) =>
        _context.Repository?.UnloadAsync(model, dependents: true, CancellationToken.None).AsTask()
        ?? Task.FromResult<Finding?>(null);

    private static JsonElement Element(byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static byte[] Bytes(JsonElement json) => Encoding.UTF8.GetBytes(json.GetRawText());
}
