package lakehouse;

import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.sql.hive.thriftserver.ui.SparkListenerThriftServerOperationClosed;

/**
 * Stops a statement whose session is closed while its rows are fetched.
 *
 * With incrementalCollect, a fetch runs one Spark job after another. Closing cancels only the
 * running one: if it comes between two jobs, Spark goes on with the next. This listener cancels
 * the later jobs of the statement too. (SparkExecuteStatementOperation.cleanup of Spark 4.2.)
 */
public final class ClosedStatements extends SparkListener {
    @Override
    public void onOtherEvent(SparkListenerEvent event) {
        if (event instanceof SparkListenerThriftServerOperationClosed) {
            String jobGroup = ((SparkListenerThriftServerOperationClosed) event).id();
            SparkContext.getOrCreate().cancelJobGroupAndFutureJobs(jobGroup);
        }
    }
}
