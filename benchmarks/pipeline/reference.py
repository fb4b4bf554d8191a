"""The plainest PySpark script with the tables of sales: no ledger, contract, rejects or tests.

python reference.py LANDING WAREHOUSE    (in a new JVM; prints the revenue)
"""

import sys

from pyspark.sql import SparkSession

TABLES = {
    "int_sales": """
        select invoice_no as invoice_id, customer_id as recorded_customer_id, category,
            shopping_mall, quantity, price as unit_price,
            cast(quantity * price as decimal(18, 2)) as total_amount, invoice_date
        from bronze_sales
        qualify row_number() over (partition by invoice_no order by invoice_date) = 1""",
    "fct_sales": """
        select invoice_id, coalesce(customers.customer_id, 'unknown') as customer_id, category,
            shopping_mall, quantity, unit_price, total_amount, quantity < 0 as is_return,
            case when age < 25 then '18-24' when age < 35 then '25-34' when age < 45 then '35-44'
                when age < 55 then '45-54' else '55+' end as age_band,
            case when unit_price < 50 then 'low' when unit_price < 200 then 'medium'
                when unit_price < 1000 then 'high' else 'premium' end as price_band,
            invoice_date, trunc(invoice_date, 'month') as invoice_month
        from int_sales left join bronze_customers as customers
            on recorded_customer_id = customers.customer_id
        distribute by trunc(invoice_date, 'month') sort by customers.customer_id""",
}


def main(landing: str, warehouse: str) -> None:
    spark = SparkSession.builder.master("local[*]").getOrCreate()
    sales = spark.read.csv(
        f"{landing}/pos/sales",
        header=True,
        dateFormat="dd-MM-yyyy",
        schema="invoice_no string, customer_id string, category string, quantity int, "
        "price decimal(18, 2), invoice_date date, shopping_mall string",
    )
    customers = spark.read.parquet(f"{landing}/crm/customers/*")
    frames = {"bronze_sales": sales, "bronze_customers": customers}
    for name in (*frames, *TABLES):
        writer = (frames.get(name) or spark.sql(TABLES[name])).write.format("delta")
        if name == "fct_sales":
            writer = writer.partitionBy("invoice_month")
        writer.save(f"{warehouse}/{name}")
        spark.read.format("delta").load(f"{warehouse}/{name}").createOrReplaceTempView(name)
    [(revenue,)] = spark.sql("select sum(total_amount) from fct_sales").collect()
    print(revenue)


if __name__ == "__main__":
    main(*sys.argv[1:])
