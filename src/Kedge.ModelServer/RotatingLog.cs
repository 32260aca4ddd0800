using System.Globalization;
using Kedge.Inference.Logging;
using Microsoft.Extensions.Logging;

namespace Kedge.ModelServer;

/// <summary>
/// A log of bounded size: when the file is full it becomes <c>NAME.1</c>, in place of the one before. A line that
/// cannot
/// be written is dropped and counted: a full disk never stops serving.
/// </summary>
internal sealed class RotatingLog : ILoggerFactory, ILogger
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly long _bytesMax;
    private readonly TimeProvider _time;
    private StreamWriter? _writer;
    private long _dropped;
    private long _requests;
    private volatile LogSetting _setting = new();

    internal RotatingLog(string path, long bytesMax, TimeProvider time)
    {
        _path = path;
        _bytesMax = bytesMax;
        _time = time;
    }

    /// <summary>Lines that could not be written.</summary>
    internal long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>What is logged, and in which form.</summary>
    internal LogSetting Setting
    {
        get => _setting;
        set
        {
            _setting = value;
            Changed?.Invoke();
        }
    }

    /// <summary>Told after every change of the settings; null for nobody.</summary>
    internal Action? Changed { get; set; }

    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("Microsoft", StringComparison.Ordinal) ? new WarningsOnly(this) : this;

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("The log goes to its file and nowhere else.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => _path.Length > 0 && logLevel switch
    {
        LogLevel.Information => _setting.Info,
        LogLevel.Warning => _setting.Warnings,
        LogLevel.Error or LogLevel.Critical => _setting.Errors,
        LogLevel.Trace or LogLevel.Debug or LogLevel.None => false,
        _ => false,
    };

    /// <summary>True when the request that was just answered is to be logged. Takes no lock.</summary>
    internal bool TakesAccess()
    {
        LogSetting setting = _setting;
        return setting.VerboseLevel > 0
            || (setting.AccessEvery > 0 && Interlocked.Increment(ref _requests) % setting.AccessEvery == 0);
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            string text = formatter(state, exception) + (exception is null ? "" : " | " + exception);
            text = text.ReplaceLineEndings(" | ");
            Append(_setting.IsIso
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {logLevel} {eventId.Id} {text}")
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{logLevel.ToString()[0]}{_time.GetUtcNow():MMdd HH:mm:ss.ffffff} {eventId.Id}] {text}"));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _writer?.Dispose();
            _writer = null;
        }
    }

    private void Append(string line)
    {
        lock (_gate)
        {
            try
            {
                _writer ??= Open();
                if (_writer.BaseStream.Length + line.Length > _bytesMax)
                {
                    _writer.Dispose();
                    File.Move(_path, _path + ".1", overwrite: true);
                    _writer = Open();
                }

                _writer.WriteLine(line);
                _writer.Flush();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                Interlocked.Increment(ref _dropped);
                _writer = null;
            }
        }
    }

    private StreamWriter Open() => new(new FileStream(
        _path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));

    /// <summary>The framework's own categories: what they say below a warning is of no use on a device.</summary>
    private sealed class WarningsOnly(RotatingLog log) : ILogger
    {
        /// <summary>
        /// Kestrel's word for a client that went away within its request: anybody could fill the log.
        /// </summary>
        private const int BodyAbandoned = 67;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && log.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel) && eventId.Id != BodyAbandoned)
            {
                log.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
